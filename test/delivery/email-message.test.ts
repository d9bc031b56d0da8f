import { describe, expect, it } from "vitest"
import { CATEGORIES } from "../../src/categories"
import { type EmailContent, subjectOf, toEmail } from "../../src/delivery/channels/email/message"

const content = (changes: Partial<EmailContent> = {}): EmailContent => ({
  to: "alice@acme.test",
  orgName: "Acme",
  category: "job_failure",
  message: "The pipeline nightly-survey failed.\nIt stopped at the Airbyte sync.",
  emailSubject: null,
  unsubscribeUrl: "https://notifications.dalgo.test/unsubscribe?token=abc",
  inboxUrl: "https://app.dalgo.test/notifications",
  ...changes,
})

describe("the subject", () => {
  it.each<[string, Partial<EmailContent>, string]>([
    ["organisation, category and first line", {}, "[Acme] Job Failures: The pipeline nightly-survey failed."],
    ["the sender's own, where there is one", { emailSubject: "Please read" }, "Please read"],
    ["ours, where the sender's is empty", { emailSubject: "", message: "Hello" }, "[Acme] Job Failures: Hello"],
    [
      "ours, where the sender's is nothing one can read",
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
      "cut between characters, not within one",
      { message: "😀".repeat(101) },
      `[Acme] Job Failures: ${"😀".repeat(99)}…`,
    ],
    ["in any script", { orgName: "नीला", message: "पाइपलाइन विफल" }, "[नीला] Job Failures: पाइपलाइन विफल"],
    ["as it is, for HTML is none of its concern", { message: "a < b & c" }, "[Acme] Job Failures: a < b & c"],
  ])("is %s", (_, changes, expected) => {
    expect(subjectOf(content(changes))).toBe(expected)
  })

  it.each(CATEGORIES)("names the category %s as people know it", (category) => {
    expect(subjectOf(content({ category }))).toMatch(/^\[Acme\] [A-Zd][A-Za-z ]+: The pipeline/)
  })

  // What ends a header or a line, what rings a bell, what turns text around.
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
  ]

  const named = (bad: string) => Array.from(bad, (character) => `0x${character.codePointAt(0)?.toString(16)}`).join(" ")

  it.each(forbidden.map((bad) => [named(bad), bad]))("holds no %s, wherever it comes from", (_, bad) => {
    const injected = `Hello${bad}Bcc: everybody@acme.test`
    for (const changes of [{ emailSubject: injected }, { message: injected }, { orgName: injected }]) {
      const subject = subjectOf(content(changes))
      expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u)
      expect(subject).toContain("Hello")
    }
  })

  it("keeps the marks that scripts are written with", () => {
    const subject = "می\u200Cخواهم \u200Fשלום é 👩\u200D🚀"
    expect(subjectOf(content({ emailSubject: subject }))).toBe(subject)
  })
})

describe("the headers", () => {
  it("let a mail client unsubscribe with one click", async () => {
    expect((await toEmail(content())).headers).toEqual({
      "List-Unsubscribe": "<https://notifications.dalgo.test/unsubscribe?token=abc>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    })
  })

  it("do not promise what there is no address for", async () => {
    const email = await toEmail(content({ unsubscribeUrl: undefined }))
    expect(email.headers).toEqual({})
    expect(email.text).not.toContain("No more e-mail")
    expect(email.html).not.toContain("No more e-mail")
  })
})

describe("the text", () => {
  it("is the message, why it came, and what one can do about it", async () => {
    expect((await toEmail(content())).text).toBe(
      [
        "The pipeline nightly-survey failed.",
        "It stopped at the Airbyte sync.",
        "",
        "--",
        "You get this e-mail because you are a member of Acme in Dalgo and have e-mail on for Job Failures.",
        "Your notifications and how you want to be told: https://app.dalgo.test/notifications",
        "No more e-mail for Job Failures: https://notifications.dalgo.test/unsubscribe?token=abc",
      ].join("\n"),
    )
  })

  it("escapes nothing", async () => {
    expect((await toEmail(content({ message: '<b>"a" & b</b>' }))).text).toMatch(/^<b>"a" & b<\/b>\n/)
  })

  it("leads nowhere where there is no address of Dalgo", async () => {
    const email = await toEmail(content({ inboxUrl: undefined }))
    expect(email.text).not.toContain("app.dalgo.test")
    expect(email.html).not.toContain("Open Dalgo")
  })
})

describe("the HTML", () => {
  const nasty = `<script>alert("1")</script><img src=x onerror='alert(2)'> & more`

  it.each<[string, Partial<EmailContent>]>([
    ["the message", { message: nasty }],
    ["the organisation", { orgName: nasty }],
    ["the subject", { emailSubject: nasty }],
    ["an address", { inboxUrl: `https://app.dalgo.test/"><script>alert(3)</script>` }],
  ])("escapes %s", async (_, changes) => {
    const { html } = await toEmail(content(changes))
    expect(html).not.toContain("<script")
    expect(html).not.toContain("<img")
    expect(html).not.toMatch(/href="[^"]*[<>]/)
    expect(html.startsWith("<!doctype html>")).toBe(true)
  })

  it("says the same as the text", async () => {
    const { html } = await toEmail(content({ message: "a < b" }))
    expect(html).toContain("a &lt; b")
    expect(html).toContain("You get this e-mail because you are a member of Acme")
    expect(html).toContain('href="https://app.dalgo.test/notifications"')
    expect(html).toContain('href="https://notifications.dalgo.test/unsubscribe?token=abc"')
  })
})
