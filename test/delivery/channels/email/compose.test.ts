import { describe, expect, it } from "vitest"
import { CATEGORIES, CATEGORY } from "../../../../src/domain/categories"
import type { EmailInput } from "../../../../src/delivery/channels/email/content"
import { composeEmail } from "../../../../src/delivery/channels/email/compose"

const input = (changes: Partial<EmailInput> = {}): EmailInput => ({
  to: "alice@acme.test",
  orgNames: ["Acme"],
  category: "job_failure",
  urgent: false,
  message: "The pipeline nightly-survey failed.\nIt stopped at the Airbyte sync.",
  emailSubject: null,
  unsubscribeUrl: "https://notifications.dalgo.test/unsubscribe?token=abc",
  inboxUrl: "https://app.dalgo.test/notifications",
  ...changes,
})

/** On every e-mail, whatever it is about. */
const AUTOMATIC = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply" }

describe("the headers", () => {
  it("ask every mailbox not to answer that its owner is away", async () => {
    expect((await composeEmail(input())).headers).toMatchObject(AUTOMATIC)
  })

  it("let a mail client unsubscribe with one click (RFC 8058)", async () => {
    expect((await composeEmail(input())).headers).toMatchObject({
      "List-Unsubscribe": "<https://notifications.dalgo.test/unsubscribe?token=abc>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    })
  })

  it("have no unsubscribe link without a URL for it", async () => {
    const email = await composeEmail(input({ unsubscribeUrl: undefined }))
    expect(email.headers).toEqual(AUTOMATIC)
    expect(email.text).not.toContain("Stop e-mail")
    expect(email.html).not.toContain("Stop e-mail")
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
    "আলিস@acme.test",
  ])("is never %j", async (to) => {
    await expect(composeEmail(input({ to }))).rejects.toMatchObject({ options: { permanent: true } })
  })

  it.each(["alice@acme.test", "o'brien+dalgo@acme.test"])("may be %s", async (to) => {
    expect((await composeEmail(input({ to }))).to).toBe(to)
  })

  it("is written in ASCII, also if it was stored in another form", async () => {
    expect((await composeEmail(input({ to: "priya@दिल्ली.भारत" }))).to).toBe("priya@xn--j2bya4ch0f.xn--h2brj9c")
  })

  it("whom no provider can reach is named with the reason", async () => {
    await expect(composeEmail(input({ to: "প্রিয়া@acme.test" }))).rejects.toThrow(
      "no e-mail provider can send to letters with accents or of other alphabets before the @: use another address",
    )
  })
})

describe("a URL", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "mailto:a@b.test", "//acme.test", "no address"])(
    "in a link is never %s",
    async (url) => {
      const { text, html, headers } = await composeEmail(input({ inboxUrl: url, unsubscribeUrl: url }))
      expect(headers).toEqual(AUTOMATIC)
      expect(text).not.toContain(url)
      expect(html).not.toContain("<a ")
    },
  )

  it("cannot end a header", async () => {
    const unsubscribeUrl = "https://notifications.dalgo.test/unsubscribe?token=a>\r\nBcc: everybody@acme.test"
    expect((await composeEmail(input({ unsubscribeUrl }))).headers["List-Unsubscribe"]).toBe(
      "<https://notifications.dalgo.test/unsubscribe?token=a%3EBcc:%20everybody@acme.test>",
    )
  })
})

const AI = "By AI, may be wrong:"
const LOG = "From the log:"
/** What the service itself wrote. */
const own = (message: string) => ({ message, ownOrigins: ["https://app.dalgo.test"] })

describe("the text", () => {
  it("is heading, message, link to the inbox, reason for the e-mail, and links to change that", async () => {
    expect((await composeEmail(input())).text).toBe(
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
        "Choose which notifications you get: https://app.dalgo.test/notifications",
        "Stop e-mail about Job Failures: https://notifications.dalgo.test/unsubscribe?token=abc",
      ].join("\n"),
    )
  })

  it("says that it is urgent, and has the summary and the technical lines in paragraphs of their own", async () => {
    const message = `It failed.\r\nStill:\n- one\n* two\n\nLater\n${AI} all\nTechnical details: boom\n${LOG} three`
    const { text } = await composeEmail(input({ urgent: true, ...own(message) }))
    expect(text).toMatch(/^Urgent · Job failure · Acme\n\nIt failed\.\nStill:\n- one\n- two\n\nLater\n\nBy AI, may/)
    expect(text).toContain(`\n\n${AI} all\n\nTechnical details: boom\n${LOG} three\n\nSee what happened: https`)
  })

  it("escapes nothing", async () => {
    expect((await composeEmail(input({ message: '<b>"a" & b</b>' }))).text).toContain('\n<b>"a" & b</b>\n')
  })

  it("has no link to the inbox without a URL for it", async () => {
    const email = await composeEmail(input({ inboxUrl: undefined }))
    for (const part of [email.text, email.html]) {
      expect(part).not.toContain("app.dalgo.test")
      expect(part).not.toContain("See what happened")
    }
  })
})

describe("the HTML", () => {
  const markup = `<script>alert("1")</script><img src=x onerror='alert(2)'></style></title> & more`
  const countTags = (html: string, tag: string) => html.match(new RegExp(`<${tag}[ >/]`, "g"))?.length ?? 0

  it.each<[string, Partial<EmailInput>]>([
    ["the heading", { message: markup }],
    ["a line", { message: `Hello\n${markup}` }],
    ["an item", { message: `Hello\n- ${markup}` }],
    ["the summary", own(`Hello\n${AI} ${markup}`)],
    ["the technical lines", own(`Hello\nTechnical details: ${markup}\n${LOG} ${markup}`)],
    ["the organisation", { orgNames: [markup] }],
    ["the subject", { emailSubject: markup }],
    ["a URL", { inboxUrl: `https://app.dalgo.test/"><script>alert(3)</script>` }],
    ["a URL in a message", { message: `https://acme.test/'"onclick="alert(3)" https://acme.test/<script>` }],
  ])("escapes %s", async (_, changes) => {
    const { html } = await composeEmail(input(changes))
    for (const tag of ["script", "img"]) expect(countTags(html, tag)).toBe(0)
    for (const tag of ["style", "title", "body"]) expect(html.split(`</${tag}>`)).toHaveLength(2)
    expect(html).not.toMatch(/<[^>]* on[a-z]+=/)
    expect(html).not.toMatch(/href="[^"]*[<>]/)
    expect(html.startsWith("<!doctype html>")).toBe(true)
  })

  it("says the same as the text", async () => {
    const { html } = await composeEmail(input({ message: "a < b" }))
    expect(html).toMatch(/<h1[^>]*>a &lt; b<\/h1>/)
    expect(html).toContain("Dalgo sent this for Acme.")
    expect(html).toContain("You get this because you are a member of Acme and subscribed to Job Failures.")
    expect(html).toContain('href="https://app.dalgo.test/notifications"')
    expect(html).toContain('href="https://notifications.dalgo.test/unsubscribe?token=abc"')
  })

  it("has a heading, paragraphs, lists and a box for the summary", async () => {
    const message = `It failed.\nStill:\n- one\n- two\n\nLater\n${AI} What failed: all of it.`
    const { html } = await composeEmail(input(own(message)))
    expect(html).toMatch(
      /<h1[^>]*>It failed\.<\/h1><p[^>]*>Still:<\/p><ul[^>]*><li>one<\/li><li>two<\/li><\/ul><p[^>]*>Later/,
    )
    expect(html).toMatch(/<div class="summary"[^>]*><h2[^>]*>By AI, may be wrong<\/h2><p[^>]*>What/)
  })

  it("has no box for the summary if the message only looks like one", async () => {
    for (const changes of [{ message: `Hello\n${AI} x` }, own(`${AI} x`), own(`Hello\nfirst ${AI} x`)])
      expect((await composeEmail(input(changes))).html).not.toContain('class="summary"')
  })

  it.each(CATEGORIES)("has a chip for %s in its colours, and a second one if it is urgent", async (category) => {
    const { singular, light, dark } = CATEGORY[category]
    const { html } = await composeEmail(input({ category }))
    expect(html).toMatch(new RegExp(`<span class="category"[^>]*${light.background}[^>]*>${singular}</span>`))
    expect(html).toContain(dark.background)
    expect(html).not.toContain("Urgent")
    expect((await composeEmail(input({ category, urgent: true }))).html).toMatch(
      /<span class="urgent"[^>]*>Urgent<\/span>/,
    )
  })

  it("links URLs of http and https as they stand, and nothing else", async () => {
    const message = "See https://acme.test/a?b=1&c=2. Not javascript:alert(1), ftp://acme.test or acme.test"
    const { html } = await composeEmail(input({ message, inboxUrl: undefined, unsubscribeUrl: undefined }))
    expect(html.match(/<a [^>]*>[^<]*/g)).toEqual([
      expect.stringMatching(/href="https:\/\/acme\.test\/a\?b=1&amp;c=2" [^>]*>https:\/\/acme\.test\/a\?b=1&amp;c=2$/),
    ])
  })

  it("links only our own pages in what the service itself says, and leaves no other address for a mail program", async () => {
    const message =
      "It failed.\nSee the run: https://app.dalgo.test/orchestrate\nTechnical details: https://evil.test/a and https://app.dalgo.test.evil.test/"
    const { html, text } = await composeEmail(
      input({ ...own(message), inboxUrl: undefined, unsubscribeUrl: undefined }),
    )
    expect(html.match(/<a [^>]*>[^<]*/g)).toEqual([
      expect.stringMatching(/href="https:\/\/app\.dalgo\.test\/orchestrate"/),
    ])
    for (const part of [html, text]) {
      expect(part).not.toMatch(/https:\/\/(?!app\.dalgo\.test\/orchestrate)/)
      expect(part.replaceAll("\u200B", "")).toContain("https://evil.test/a and")
    }
  })

  it("has one button, and loads nothing", async () => {
    const { html } = await composeEmail(input({ message: "Hello\nhttps://acme.test/a.png", urgent: true }))
    expect(html.match(/class="button"/g)).toHaveLength(1)
    expect(html).not.toMatch(/<(img|link|iframe|script)|url\(|@import|src=/)
  })

  it("has the lines after the first for the preview in a list of e-mails", async () => {
    expect((await composeEmail(input())).html).toMatch(
      /<body[^>]*><div style="display:none[^>]*>It stopped at the Airbyte/,
    )
  })
})

describe("both parts", () => {
  it.each(["\r\nBcc: everybody@acme.test", "\u202E", "\0", "\u0007"])("are safe from %j", async (bad) => {
    const { text, html } = await composeEmail(input({ orgNames: [`Ac${bad}me`], message: `Hello\nAc${bad}me` }))
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
    ["of URLs", "http://a.b ".repeat(900)],
    ["in Hindi", "पाइपलाइन विफल ".repeat(700)],
    ["of emoji", "😀".repeat(5_000)],
    ["of two lines", `Hello\n${'" '.repeat(4_900)}`],
    ["of 200 kB", "Hello world\n".repeat(17_000)],
  ])("stay below 100 kB for a message %s", async (_, message) => {
    const { text, html } = await composeEmail(input({ message }))
    const bytes = new TextEncoder().encode(text + html).length
    expect(bytes).toBeLessThan(100_000)
    const isWhole = text.length > message.trim().length
    for (const part of [text, html]) {
      expect(part.includes("The rest is in Dalgo.")).toBe(!isWhole)
      expect(part).toContain("You get this because")
      expect(part.isWellFormed()).toBe(true)
    }
  })
})
