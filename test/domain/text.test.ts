import { expect, it } from "vitest"
import { readableItem } from "../../src/web/ui/readable"

const readable = (text: string) => {
  const { author, message, ...rest } = readableItem({ id: 1, author: text, message: text })
  expect(rest).toEqual({ id: 1 })
  expect(author).toBe(message)
  return message
}

it.each([
  ["overrides", "\u202Eevil\u202C", "evil"],
  ["isolates", "https://x.test/\u2067gpj.exe\u2069", "https://x.test/gpj.exe"],
  ["blanks without width", "ali\u200Bce\u2060@ac\uFEFFme\u00AD", "alice@acme"],
  ["joiners that join nothing", "\u200Dali\u200Cce\u200B\u200D@ac\u200D\u200Cmé\u200Dtest", "alice@acmétest"],
])("hides no %s in a text", (_, text, shown) => {
  expect(readable(text)).toBe(shown)
})

it.each([
  ["lines and blanks", "One\n\n  two\tthree\u00A0four"],
  ["Persian", "می\u200Cخواهم"],
  ["Arabic beside digits", "\u0661\u200F12\u200E"],
  ["Hindi", "क्\u200Dष और क्\u200Cष"],
  ["Malayalam at the end of a word", "അവന്\u200D വന്നു"],
  ["accents", "é e\u0301"],
  ["emoji", "👩\u200D🚀 ❤\uFE0F 👩🏽\u200D❤\uFE0F\u200D👩🏽 1\uFE0F\u20E3"],
])("leaves %s as they are", (_, text) => {
  expect(readable(text)).toBe(text)
})
