import { describe, expect, it } from "vitest"
import { toUtf8 } from "../../scripts/import/parse-rows.mjs"
import { ACME, importOf, row } from "./dump"

const json = JSON.stringify(ACME)
const lines = ACME.map((each) => `${JSON.stringify(each)}\n`).join("")
const utf16 = (text: string, { isLittle }: { isLittle: boolean }) => {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), isLittle)
  return bytes
}
const asRead = (bytes: Uint8Array) => importOf(toUtf8(bytes))
const whole = importOf(json)

/** All rows are taken. */
function expectWhole({ dump, values, skipped }: ReturnType<typeof importOf>) {
  expect(skipped).toEqual([])
  expect(dump.counts).toEqual(whole.dump.counts)
  for (const table of ["orgs", "members", "optOuts", "userPreferences", "notifications", "recipients"] as const)
    expect(values(table)).toEqual(whole.values(table))
}

it("reads the values of Dalgo", () => {
  expect(whole.noted).toEqual([])
  expect(whole.values("members")).toEqual([["acme", "41", "meera@acme.test", "Meera", "admin", null]])
  expect(whole.values("optOuts")).toEqual([["acme", "41", Date.parse("2026-01-02T00:00:00Z")]])
  expect(whole.values("recipients")).toEqual([["acme", "41", "dalgo:90", 0]])
  const [notification = []] = whole.values("notifications")
  expect(notification.slice(6, 9)).toEqual([
    Date.parse("2026-10-01T04:30:00.123Z"),
    null,
    Date.parse("2026-10-01T04:30:01.500Z"),
  ])
})

describe("every row is taken from", () => {
  it.each([
    ["lines", lines],
    ["lines without the last line break", lines.trimEnd()],
    ["lines that end as in Windows", lines.replaceAll("\n", "\r\n")],
    ["an indented list", JSON.stringify(ACME, null, 2)],
    ["a list with a comma behind the last row", json.replace(/\]$/, ",]")],
    ["rows without commas", json.replaceAll("},{", "}{")],
    ["two lists in one file", JSON.stringify(ACME.slice(0, 3)) + JSON.stringify(ACME.slice(3))],
  ])("%s", (_, text) => {
    expectWhole(importOf(text))
    expect(importOf(text).dump.isCut).toBe(false)
  })

  it.each([
    ["UTF-8 with a byte order mark", new TextEncoder().encode(`\uFEFF${json}`)],
    ["UTF-16, little end first", utf16(`\uFEFF${json}`, { isLittle: true })],
    ["UTF-16, big end first", utf16(`\uFEFF${json}`, { isLittle: false })],
    ["UTF-16 without a byte order mark", utf16(json, { isLittle: true })],
    ["UTF-16, big end first, without a byte order mark", utf16(lines, { isLittle: false })],
  ])("%s", (_, bytes) => expectWhole(asRead(bytes)))

  it("is not possible for UTF-32", () => {
    expect(() => toUtf8(new Uint8Array([0xff, 0xfe, 0, 0, 0x5b, 0, 0, 0]))).toThrow("is in UTF-32: save it as UTF-8.")
  })
})

describe("text that is not a row is named by its line, and stops nothing", () => {
  it.each([
    ["a log line", `Loading .env environment variables...\n${json}`, "line 1"],
    ["a log line that begins with a bracket", `[2026-10-01 10:00:00] WARNING check\n${json}`, "line 1"],
    ["a log line that quotes", `Settings {'DEBUG': True, "x\n${json}`, "line 1"],
    ["a log line before the byte order mark", `Loading\n\uFEFF${json}`, "line 1"],
    ["two log lines", `one\n\ntwo\n${lines}`, "line 1, line 3"],
    ["a log line without its end", `Loaded env${json}`, "line 1"],
    ["a line after the rows", `${lines}[1/1] done\n`, "line 8"],
    ["words in a list", json.replace("},{", '},"not a row",null,{'), "line 1"],
    ["a page of HTML before it", `<html>\n${lines}`, "line 1"],
  ])("%s", (_, text, at) => {
    const { skipped, ...rest } = importOf(text)
    expect(skipped).toEqual([`(unreadable) ${at} is text that is not a row`])
    expect(rest.dump.counts).toEqual({ ...whole.dump.counts, "(unreadable)": at.split(", ").length })
    expect(rest.values("recipients")).toEqual(whole.values("recipients"))
  })
})

describe("a broken row", () => {
  const broken = (text: string) => [
    ...ACME.slice(0, 5).map((each) => JSON.stringify(each)),
    text,
    JSON.stringify(ACME[5]),
  ]
  const MESSAGE = '{"model":"ddpui.notification","pk":91,"fields":{"message":"x'

  it.each([
    ["an unclosed text", `${MESSAGE}}}`, "is not JSON"],
    ["a missing brace", `${MESSAGE}"}`, "is not JSON"],
    ["a value that is none", `${MESSAGE}","urgent":yes}}`, "is not JSON"],
    ["a single quote", `{"model":'ddpui.org',"pk":8,"fields":{}}`, "is not JSON"],
    ["a field twice", `{"model":"ddpui.org","pk":8,"pk":9,"fields":{"slug":"x"}}`, "has the field pk twice"],
    ["no fields", `{"model":"ddpui.org","pk":8}`, "is not a row: model or fields are missing"],
  ])("with %s is named by its line, and the others are taken", (_, text, flaw) => {
    for (const file of [broken(text).join("\n"), `[${broken(text).join(",\n")}]`]) {
      const { skipped, values } = importOf(file)
      expect(skipped).toEqual([`(unreadable) line 6 ${flaw}`])
      expect(values("recipients")).toEqual(whole.values("recipients"))
    }
  })

  it.each([
    ["in the middle of a row", lines.slice(0, -40)],
    ["in the middle of a row of a list", json.slice(0, -40)],
  ])("that the end of the file cuts off is named: %s", (_, text) => {
    const { dump, skipped, values } = importOf(text)
    expect(dump.isCut).toBe(true)
    expect(skipped).toEqual([expect.stringMatching(/^\(unreadable\) line \d is cut off: the file ends here$/)])
    expect(values("recipients")).toEqual(whole.values("recipients"))
  })

  it("is not needed to see that a list has no end", () => {
    expect(importOf(json.slice(0, -1)).dump.isCut).toBe(true)
    expect(importOf(`${json.slice(0, -1)}, "a text"]`).dump.isCut).toBe(false)
    expect(importOf(`${json.slice(0, -1)}, "a text"`).dump.isCut).toBe(true)
  })

  it("gives nobody the wrong role, if the file ends before the roles", () => {
    const [user, role, ...others] = ACME as [any, any, ...any[]]
    const cut = JSON.stringify([user, row("ddpui.role", 99, { slug: "guest" }), ...others, role]).slice(0, -30)
    const { skipped, values } = importOf(cut)
    expect(values("members")).toEqual([])
    expect(skipped).toContain("orguser 9 refers to a role that is not in the dump, which is incomplete")
  })

  it("with a field twice is named by its pk, and those that refer to it are skipped", () => {
    const twice = (model: string, field: string) =>
      importOf(json.replace(new RegExp(`("model":"${model}","pk":\\d+,"fields":{)`), `$1"${field}":"x",`)).skipped
    expect(twice("auth.user", "email")).toEqual([
      "user 41 has the field email twice",
      "orguser 9 refers to a user that is not in the dump",
      "role 3 is not used",
      "userpreferences 5 refers to a skipped orguser",
      "notificationrecipient 900 refers to a skipped recipient",
    ])
    // Nobody gets the lowest role because the row of theirs is broken.
    expect(twice("ddpui.role", "slug")).toContain(
      "orguser 9 refers to a role that is not in the dump, which has rows that cannot be read",
    )
  })

  it.each([
    ["NaN", `"score":NaN,"low":-Infinity,`],
    ["a comma too many", `"list":[1,2,],`],
  ])("with %s is mended, and noted", (_, more) => {
    const text = lines.replace(`"message":"Maintenance`, `${more}"message":"NaN, Infinity,}`)
    const { skipped, noted, values } = importOf(text)
    expect(skipped).toEqual([])
    expect(noted).toEqual([
      "notification 90 is not strict JSON: imported with NaN as null, without commas that are too many",
    ])
    expect(values("notifications")[0]?.[3]).toBe("NaN, Infinity,} at 5")
  })

  it.each([
    ["half of a character", "\\ud83d", "has half of a character, or the character NUL: imported with �"],
    ["NUL", "\\u0000", "has half of a character, or the character NUL: imported with �"],
  ])("with %s is mended, and noted", (_, escape, note) => {
    const { noted, values } = importOf(lines.replace("Maintenance", `Main${escape}tenance`))
    expect(noted).toEqual([`notification 90 ${note}`])
    expect(values("notifications")[0]?.[3]).toBe("Main�tenance at 5")
  })

  it("with bytes of another encoding is mended, and noted", () => {
    const bytes = new TextEncoder().encode(lines.replace("Maintenance", "Caf#"))
    bytes[bytes.indexOf("#".charCodeAt(0))] = 0xe9
    const { noted, values } = importOf(bytes)
    expect(noted).toEqual(["notification 90 has bytes that are not UTF-8: imported with �"])
    expect(values("notifications")[0]?.[3]).toBe("Caf� at 5")
  })

  it("does not take the time of its square", () => {
    const unclosed = `{"model":"ddpui.org","pk":1,"fields":{"slug":"x"}\n`.repeat(2_000)
    const { dump } = importOf(lines + unclosed)
    expect(dump.counts["(unreadable)"]).toBe(2_000)
  })
})

describe("a file without any row", () => {
  it.each([
    ["", "is empty."],
    [" \n", "is empty."],
    ["<html>", "is not JSON"],
    ['[{"model": "ddpui.org", "pk": 1, "fie', "is not JSON, or not complete"],
    ['{"status": "ok"}', "is JSON, but not a dump"],
    ["[1, 2]", "is not JSON, or not complete"],
  ])("is refused: %j", (text, message) => {
    expect(() => importOf(text)).toThrow(message)
  })

  it("may be an empty list", () => {
    expect(importOf("[]").skipped).toEqual([])
  })
})
