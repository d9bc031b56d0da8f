import { expect, it } from "vitest"
import { CATEGORIES, CATEGORY, isCategory, isUrgentFor } from "../../src/domain/categories"

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
const luminance = (colour: string) => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
const contrast = (one: string, other: string) => {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

it.each(CATEGORIES)("the text of a %s chip can be read on its background, light and dark", (category) => {
  const { light, dark } = CATEGORY[category]
  for (const { text, background } of [light, dark]) expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5)
})

it("no two categories share a name, a description, an icon or a colour", () => {
  const facts = CATEGORIES.map((category) => CATEGORY[category])
  for (const values of [
    facts.map(({ label }) => label),
    facts.map(({ singular }) => singular),
    facts.map(({ description }) => description),
    facts.map(({ icon }) => icon),
    facts.map(({ light }) => light.text),
    facts.map(({ light }) => light.background),
    facts.map(({ dark }) => dark.text),
    facts.map(({ dark }) => dark.background),
  ]) {
    expect(new Set(values).size).toBe(CATEGORIES.length)
  }
})

it("only the categories in the list are categories", () => {
  expect(CATEGORIES.filter(isCategory)).toEqual(CATEGORIES)
  for (const text of ["", "Incident", "teleportation", "toString", "__proto__"]) expect(isCategory(text)).toBe(false)
})

it("a category is urgent by default, or by the organisation's choice instead", () => {
  expect(CATEGORIES.filter((category) => isUrgentFor(category, null))).toEqual(["incident", "job_failure"])
  expect(CATEGORIES.filter((category) => isUrgentFor(category, ["late_run"]))).toEqual(["late_run"])
  expect(CATEGORIES.filter((category) => isUrgentFor(category, []))).toEqual([])
})
