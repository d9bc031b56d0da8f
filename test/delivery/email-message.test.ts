import { describe, expect, it } from "vitest"
import { CATEGORIES, CATEGORY } from "../../src/domain/categories"
import type { EmailInput } from "../../src/delivery/channels/email/content"
import { composeEmail } from "../../src/delivery/channels/email/compose"
import { emailSubject } from "../../src/delivery/channels/email/subject"

const content = (changes: Partial<EmailInput> = {}): EmailInput => ({
  to: "alice@acme.test",
  orgName: "Acme",
  category: "job_failure",
  urgent: false,
  message: "The pipeline nightly-survey failed.\nIt stopped at the Airbyte sync.",
  emailSubject: null,
  unsubscribeUrl: "https://notifications.dalgo.test/unsubscribe?token=abc",
  inboxUrl: "https://app.dalgo.test/notifications",
  ...changes,
})

describe("the subject", () => {
  it.each<[string, Partial<EmailInput>, string]>([
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
      "with one cut without a gap",
      { message: `${"x".repeat(98)} ${"y".repeat(9)}` },
      `[Acme] Job Failures: ${"x".repeat(98)}…`,
    ],
    [
      "cut between characters, not within one",
      { message: "😀".repeat(101) },
      `[Acme] Job Failures: ${"😀".repeat(99)}…`,
    ],
    ["in any script", { orgName: "नीला", message: "पाइपलाइन विफल" }, "[नीला] Job Failures: पाइपलाइन विफल"],
    ["as it is, for HTML is none of its concern", { message: "a < b & c" }, "[Acme] Job Failures: a < b & c"],
  ])("is %s", (_, changes, expected) => {
    expect(emailSubject(content(changes))).toBe(expected)
  })

  it.each(CATEGORIES)("names the category %s as people know it", (category) => {
    expect(emailSubject(content({ category }))).toMatch(/^\[Acme\] [A-Zd][A-Za-z ]+: The pipeline/)
  })

  // What ends a header or a line, what rings a bell, what turns text around, what nobody sees.
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

  const named = (bad: string) => Array.from(bad, (character) => `0x${character.codePointAt(0)?.toString(16)}`).join(" ")

  it.each(forbidden.map((bad) => [named(bad), bad]))("holds no %s, wherever it comes from", (_, bad) => {
    const injected = `${bad}Hello${bad}Bcc: everybody@acme.test${bad}`
    for (const changes of [{ emailSubject: injected }, { message: injected }, { orgName: injected }]) {
      const subject = emailSubject(content(changes))
      expect(subject).not.toMatch(/[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\uFFF9-\uFFFB]/u)
      expect(subject).toContain("Hello")
    }
  })

  it.each([
    ["Persian", "می\u200Cخواهم"],
    ["Hindi", "क्\u200Dष और क्\u200Cष"],
    ["accents", "é e\u0301"],
    ["emoji", "👩\u200D🚀 ❤\uFE0F 👩🏽\u200D❤\uFE0F\u200D👩🏽"],
  ])("keeps the joiners of %s", (_, subject) => {
    expect(emailSubject(content({ emailSubject: subject }))).toBe(subject)
  })

  it("begins at the first line that says something", () => {
    expect(emailSubject(content({ message: "\n \r\nHello\r\nBcc: everybody@acme.test" }))).toBe(
      "[Acme] Job Failures: Hello",
    )
  })
})

describe("the headers", () => {
  it("let a mail client unsubscribe with one click", async () => {
    expect((await composeEmail(content())).headers).toEqual({
      "List-Unsubscribe": "<https://notifications.dalgo.test/unsubscribe?token=abc>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    })
  })

  it("do not promise what there is no address for", async () => {
    const email = await composeEmail(content({ unsubscribeUrl: undefined }))
    expect(email.headers).toEqual({})
    expect(email.text).not.toContain("No more e-mail")
    expect(email.html).not.toContain("No more e-mail")
  })
})

describe("the recipient", () => {
  it.each([
    "",
    "alice",
    "alice@acme.test\r\nBcc: everybody@acme.test",
    "alice@acme.test, everybody@acme.test",
    "alice@acme.test;everybody@acme.test",
    "Alice <alice@acme.test>",
    '"alice"@acme.test',
    "alice@acme.test@acme.test",
    "alice@acme.test\u202E",
    "alice@acme\u200B.test",
  ])("is never %j", async (to) => {
    await expect(composeEmail(content({ to }))).rejects.toMatchObject({ options: { permanent: true } })
  })

  it.each(["alice@acme.test", "o'brien+dalgo@acme.test", "আলিস@acme.test"])("may be %s", async (to) => {
    expect((await composeEmail(content({ to }))).to).toBe(to)
  })
})

describe("an address", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "mailto:a@b.test", "//acme.test", "no address"])(
    "of a page is never %s",
    async (url) => {
      const { text, html, headers } = await composeEmail(content({ inboxUrl: url, unsubscribeUrl: url }))
      expect(headers).toEqual({})
      expect(text).not.toContain(url)
      expect(html).not.toContain("<a ")
    },
  )

  it("ends no header", async () => {
    const unsubscribeUrl = "https://notifications.dalgo.test/unsubscribe?token=a>\r\nBcc: everybody@acme.test"
    expect((await composeEmail(content({ unsubscribeUrl }))).headers["List-Unsubscribe"]).toBe(
      "<https://notifications.dalgo.test/unsubscribe?token=a%3EBcc:%20everybody@acme.test>",
    )
  })
})

const AI = "Summary (written by AI, may be wrong)"
const LOG = "Summary (taken from the log, no AI was available)"

describe("the text", () => {
  it("is what it is about, the message, where to go, why it came, and what one can do about it", async () => {
    expect((await composeEmail(content())).text).toBe(
      [
        "Job failure · Acme",
        "",
        "The pipeline nightly-survey failed.",
        "It stopped at the Airbyte sync.",
        "",
        "See what happened: https://app.dalgo.test/notifications",
        "",
        "-- ",
        "Dalgo sent this for Acme.",
        "You get this because you are a member of Acme and subscribed to Job Failures.",
        "Choose what you are told: https://app.dalgo.test/notifications",
        "No more e-mail for Job Failures: https://notifications.dalgo.test/unsubscribe?token=abc",
      ].join("\n"),
    )
  })

  it("says in words that it is urgent, and sets the summary apart", async () => {
    const message = `It failed.\r\nStill:\n- one\n* two\n\nLater\n\n\n${LOG}\n- three`
    const { text } = await composeEmail(content({ urgent: true, message }))
    expect(text).toMatch(
      /^Urgent · Job failure · Acme\n\nIt failed\.\nStill:\n- one\n- two\n\nLater\n\nSummary \(taken/,
    )
    expect(text).toContain(`\n\n${LOG}\n- three\n\nSee what happened: https`)
  })

  it("escapes nothing", async () => {
    expect((await composeEmail(content({ message: '<b>"a" & b</b>' }))).text).toContain('\n<b>"a" & b</b>\n')
  })

  it("leads nowhere where there is no address of Dalgo", async () => {
    const email = await composeEmail(content({ inboxUrl: undefined }))
    for (const part of [email.text, email.html]) {
      expect(part).not.toContain("app.dalgo.test")
      expect(part).not.toContain("See what happened")
    }
  })
})

describe("the HTML", () => {
  const nasty = `<script>alert("1")</script><img src=x onerror='alert(2)'></style></title> & more`
  const open = (html: string, tag: string) => html.match(new RegExp(`<${tag}[ >/]`, "g"))?.length ?? 0

  it.each<[string, Partial<EmailInput>]>([
    ["the heading", { message: nasty }],
    ["a line", { message: `Hello\n${nasty}` }],
    ["an item", { message: `Hello\n- ${nasty}` }],
    ["the summary", { message: `Hello\n\n${AI}\n${nasty}` }],
    ["the summary's title", { message: `Hello\n\nSummary (written by AI ${nasty})\nx` }],
    ["the organisation", { orgName: nasty }],
    ["the subject", { emailSubject: nasty }],
    ["an address", { inboxUrl: `https://app.dalgo.test/"><script>alert(3)</script>` }],
    ["an address in a message", { message: `https://acme.test/'"onclick="alert(3)" https://acme.test/<script>` }],
  ])("escapes %s", async (_, changes) => {
    const { html } = await composeEmail(content(changes))
    for (const tag of ["script", "img"]) expect(open(html, tag)).toBe(0)
    for (const tag of ["style", "title", "body"]) expect(html.split(`</${tag}>`)).toHaveLength(2)
    expect(html).not.toMatch(/<[^>]* on[a-z]+=/)
    expect(html).not.toMatch(/href="[^"]*[<>]/)
    expect(html.startsWith("<!doctype html>")).toBe(true)
  })

  it("says the same as the text", async () => {
    const { html } = await composeEmail(content({ message: "a < b" }))
    expect(html).toMatch(/<h1[^>]*>a &lt; b<\/h1>/)
    expect(html).toContain("Dalgo sent this for Acme.")
    expect(html).toContain("You get this because you are a member of Acme and subscribed to Job Failures.")
    expect(html).toContain('href="https://app.dalgo.test/notifications"')
    expect(html).toContain('href="https://notifications.dalgo.test/unsubscribe?token=abc"')
  })

  it("has a heading, lines, lists and the summary by itself", async () => {
    const message = `It failed.\nStill:\n- one\n- two\n\nLater\n\n${AI}\nWhat failed: all of it.`
    const { html } = await composeEmail(content({ message }))
    expect(html).toMatch(
      /<h1[^>]*>It failed\.<\/h1><p[^>]*>Still:<\/p><ul[^>]*><li>one<\/li><li>two<\/li><\/ul><p[^>]*>Later/,
    )
    expect(html).toMatch(/<div class="summary"[^>]*><h2[^>]*>Summary \(written by AI, may be wrong\)<\/h2><p[^>]*>What/)
  })

  it("has no summary where a message only looks like one", async () => {
    for (const message of [`${AI}\nx`, `Hello\n${AI}\nx`, `Hello\n\n${AI} x`, "Hello\n\nSummary\nx"])
      expect((await composeEmail(content({ message }))).html).not.toContain('class="summary"')
  })

  it.each(CATEGORIES)("names %s in words and in its colour, and urgent ones urgent", async (category) => {
    const { singular, light, dark } = CATEGORY[category]
    const { html } = await composeEmail(content({ category }))
    expect(html).toMatch(new RegExp(`<span class="category"[^>]*${light.background}[^>]*>${singular}</span>`))
    expect(html).toContain(dark.background)
    expect(html).not.toContain("Urgent")
    expect((await composeEmail(content({ category, urgent: true }))).html).toMatch(
      /<span class="urgent"[^>]*>Urgent<\/span>/,
    )
  })

  it("links what is an address of the web, as it stands, and nothing else", async () => {
    const message = "See https://acme.test/a?b=1&c=2. Not javascript:alert(1), ftp://acme.test or acme.test"
    const { html } = await composeEmail(content({ message, inboxUrl: undefined, unsubscribeUrl: undefined }))
    expect(html.match(/<a [^>]*>[^<]*/g)).toEqual([
      expect.stringMatching(/href="https:\/\/acme\.test\/a\?b=1&amp;c=2" [^>]*>https:\/\/acme\.test\/a\?b=1&amp;c=2$/),
    ])
  })

  it("has one button, and fetches nothing", async () => {
    const { html } = await composeEmail(content({ message: "Hello\nhttps://acme.test/a.png", urgent: true }))
    expect(html.match(/class="button"/g)).toHaveLength(1)
    expect(html).not.toMatch(/<(img|link|iframe|script)|url\(|@import|src=/)
  })

  it("shows lists of mails what follows the subject", async () => {
    expect((await composeEmail(content())).html).toMatch(
      /<body[^>]*><div style="display:none[^>]*>It stopped at the Airbyte/,
    )
  })
})

describe("both parts", () => {
  it.each(["\r\nBcc: everybody@acme.test", "\u202E", "\0", "\u0007"])("take no harm from %j", async (bad) => {
    const { text, html } = await composeEmail(content({ orgName: `Ac${bad}me`, message: `Hello\nAc${bad}me` }))
    for (const part of [text, html]) {
      expect(part).not.toMatch(/(?!\n)\p{Cc}|\u202E/u)
      expect(part).toMatch(/a member of Ac ?(Bcc: everybody@acme\.test)?me and/)
    }
  })

  it.each([
    ["in one line", "x".repeat(10_000)],
    ["of quotes", '"'.repeat(10_000)],
    ["of lines", "x\n".repeat(5_000)],
    ["of items", "- x\n".repeat(2_500)],
    ["of addresses", "http://a.b ".repeat(900)],
    ["in Hindi", "पाइपलाइन विफल ".repeat(700)],
    ["of emoji", "😀".repeat(5_000)],
    ["of summary", `Hello\n\n${AI}\n${'"\n'.repeat(4_900)}`],
    ["of 200 kB", "Hello world\n".repeat(17_000)],
  ])("stay below 100 kB for a message %s", async (_, message) => {
    const { text, html } = await composeEmail(content({ message }))
    const bytes = new TextEncoder().encode(text + html).length
    expect(bytes).toBeLessThan(100_000)
    const isWhole = text.length > message.trim().length
    for (const part of [text, html]) {
      expect(part.includes("The rest is in Dalgo.")).toBe(!isWhole)
      expect(part).toContain("You get this because")
      expect(part.isWellFormed()).toBe(true)
    }
  })

  it("keep the summary of a message that is cut", async () => {
    const { text, html } = await composeEmail(content({ message: `${"x\n".repeat(4_500)}\n${AI}\nAll of it failed.` }))
    for (const part of [text, html]) {
      expect(part).toContain("The rest is in Dalgo.")
      expect(part).toContain("All of it failed.")
    }
  })
})
