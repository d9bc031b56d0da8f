import { describe, expect, it } from "vitest"
import { emailSubject } from "../../../../src/delivery/channels/email/subject"
import { CATEGORIES } from "../../../../src/domain/categories"

type Input = Parameters<typeof emailSubject>[0]

const input = (changes: Partial<Input> = {}): Input => ({
  orgNames: ["Acme"],
  category: "job_failure",
  message: "The pipeline nightly-survey failed.\nIt stopped at the Airbyte sync.",
  emailSubject: null,
  ...changes,
})

describe("the subject", () => {
  it.each<[string, Partial<Input>, string]>([
    ["organisation, category and first line", {}, "[Acme] Job Failures: The pipeline nightly-survey failed."],
    ["the sender's own, if there is one", { emailSubject: "Please read" }, "Please read"],
    ["the default, if the sender's is empty", { emailSubject: "", message: "Hello" }, "[Acme] Job Failures: Hello"],
    [
      "the default, if the sender's has no visible character",
      { emailSubject: "\u0007 \n", message: "Hello" },
      "[Acme] Job Failures: Hello",
    ],
    [
      "with a first line of 100 characters whole",
      { message: "x".repeat(100) },
      `[Acme] Job Failures: ${"x".repeat(100)}`,
    ],
    ["with a longer one cut to 100", { message: "x".repeat(101) }, `[Acme] Job Failures: ${"x".repeat(99)}…`],
    [
      "cut without a space before the ellipsis",
      { message: `${"x".repeat(98)} ${"y".repeat(9)}` },
      `[Acme] Job Failures: ${"x".repeat(98)}…`,
    ],
    [
      "cut between characters, never within one",
      { message: "😀".repeat(101) },
      `[Acme] Job Failures: ${"😀".repeat(99)}…`,
    ],
    ["in any script", { orgNames: ["नीला"], message: "पाइपलाइन विफल" }, "[नीला] Job Failures: पाइपलाइन विफल"],
    ["not escaped for HTML", { message: "a < b & c" }, "[Acme] Job Failures: a < b & c"],
  ])("is %s", (_, changes, expected) => {
    expect(emailSubject(input(changes))).toBe(expected)
  })

  it.each<[string, [string, ...string[]], string]>([
    ["two", ["Acme", "Globex"], "[Acme, Globex] Job Failures: The pipeline nightly-survey fa…"],
    ["three", ["Acme", "Globex", "Initech"], "[Acme, Globex, Initech] Job Failures: The pipeline nightly-…"],
    [
      "those that fit",
      ["Acme", "Globex", "Initech", "Umbrella", "Hooli"],
      "[Acme, Globex, Initech +2] Job Failures: The pipeline night…",
    ],
    ["a part of a long one", ["x".repeat(99), "Globex"], `[${"x".repeat(25)}… +1] Job Failures: The pipeline…`],
  ])("names %s organisations within 60 characters", (_, orgNames, expected) => {
    const subject = emailSubject(input({ orgNames }))
    expect(subject).toBe(expected)
    expect(subject.length).toBeLessThanOrEqual(60)
  })

  it.each(CATEGORIES)("has the label of the category %s", (category) => {
    expect(emailSubject(input({ category }))).toMatch(/^\[Acme\] [A-Zd][A-Za-z ]+: The pipeline/)
  })

  // Line breaks, control characters, characters that change the direction of text, invisible characters.
  const forbidden = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    "\u0007",
    "\u001B",
    "\u007F",
    "\u0085",
    "\u009F",
    "\u2028",
    "\u2029",
    "\u202A",
    "\u202E",
    "\u2066",
    "\u2069",
    "\u00AD",
    "\u061C",
    "\u180E",
    "\u200B",
    "\u200C",
    "\u200D",
    "\u200E",
    "\u200F",
    "\u2060",
    "\u3164",
    "\uFEFF",
    "\uFFF9",
    "\uD800",
    "\u{E0041}",
  ]

  const codePoints = (bad: string) =>
    Array.from(bad, (character) => `0x${character.codePointAt(0)?.toString(16)}`).join(" ")

  it.each(forbidden.map((bad) => [codePoints(bad), bad]))(
    "never contains %s, from the sender, the message or the organisation",
    (_, bad) => {
      const injected = `${bad}Hello${bad}Bcc: everybody@acme.test${bad}`
      const fields: Partial<Input>[] = [{ emailSubject: injected }, { message: injected }, { orgNames: [injected] }]
      for (const changes of fields) {
        const subject = emailSubject(input(changes))
        expect(subject).not.toMatch(/[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\uFFF9-\uFFFB]/u)
        expect(subject).toContain("Hello")
      }
    },
  )

  it.each([
    ["Persian", "می\u200Cخواهم"],
    ["Hindi", "क्\u200Dष और क्\u200Cष"],
    ["accents", "é e\u0301"],
    ["emoji", "👩\u200D🚀 ❤\uFE0F 👩🏽\u200D❤\uFE0F\u200D👩🏽"],
  ])("keeps the joiners of %s", (_, subject) => {
    expect(emailSubject(input({ emailSubject: subject }))).toBe(subject)
  })

  it("has the first line that is not empty", () => {
    expect(emailSubject(input({ message: "\n \r\nHello\r\nBcc: everybody@acme.test" }))).toBe(
      "[Acme] Job Failures: Hello",
    )
  })
})
