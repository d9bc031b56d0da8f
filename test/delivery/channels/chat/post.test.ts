import { beforeEach, describe, expect, it, vi } from "vitest"
import { discordAdapter } from "../../../../src/delivery/channels/chat/discord"
import { toChatContent } from "../../../../src/delivery/channels/chat/content"
import { ChatRefusedError, postMessage } from "../../../../src/delivery/channels/chat/post"
import { slackAdapter } from "../../../../src/delivery/channels/chat/slack"
import { DeliveryError } from "../../../../src/delivery/retry"
import { NOON, SECOND } from "../../../support/clock"
import { fakeFetch } from "../../../support/fake-fetch"
import { DISCORD_WEBHOOK, SLACK_WEBHOOK } from "../../../support/fake-chat-products"

const INBOX = "https://app.dalgo.test/notifications"
const PRODUCTS = [
  { name: "Discord", adapter: discordAdapter, webhook: DISCORD_WEBHOOK },
  { name: "Slack", adapter: slackAdapter, webhook: SLACK_WEBHOOK },
]
const contentOf = (message: string, changes: object = {}) =>
  toChatContent({ category: "job_failure", urgent: true, orgName: "Acme", message, inboxUrl: INBOX, ...changes })
const FAILED = "The pipeline nightly-survey failed.\nIt stopped at dbt_run."

const discordBody = (message: string, changes?: object) => discordAdapter.toBody(contentOf(message, changes)) as any
const slackBody = (message: string, changes?: object) => slackAdapter.toBody(contentOf(message, changes)) as any
const sectionOf = (body: any) => body.blocks[0].text.text as string

describe("a message on Discord", () => {
  it("has a heading, the text, and a link to the inbox", async () => {
    const { requests } = fakeFetch(() => Response.json({ id: "1234567890" }))
    expect(await postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK, content: contentOf(FAILED) })).toBe(
      "1234567890",
    )
    const [request] = requests
    expect(requests).toHaveLength(1)
    expect(request).toMatchObject({ method: "POST", url: `${DISCORD_WEBHOOK}?wait=true`, redirect: "manual" })
    expect(request?.headers.get("content-type")).toBe("application/json")
    expect(await request?.json()).toEqual({
      content: [
        "**Urgent · Job failure · Acme**",
        "The pipeline nightly-survey failed.",
        "It stopped at dbt\\_run.",
        `See what happened: ${INBOX}`,
      ].join("\n"),
      allowed_mentions: { parse: [] },
      flags: 4,
    })
  })

  it("escapes mentions and formatting", () => {
    const { content, allowed_mentions: allowed } = discordBody(
      "@everyone <@1> **bold** __x__ ~~y~~ `code` ||spoiler|| [link](https://evil.test) # big\n> quote \\",
      { orgName: "A*c*me @here" },
    )
    expect(allowed).toEqual({ parse: [] })
    expect(content).toBe(
      [
        "**Urgent · Job failure · A\\*c\\*me \\@here**",
        "\\@everyone \\<\\@1\\> \\*\\*bold\\*\\* \\_\\_x\\_\\_ \\~\\~y\\~\\~ \\`code\\` \\|\\|spoiler\\|\\| \\[link](https://evil.test) \\# big",
        "\\> quote \\\\",
        `See what happened: ${INBOX}`,
      ].join("\n"),
    )
  })

  it("makes only our own pages links in what the service itself says", () => {
    const message = "See https://app.dalgo.test/a_b. Log: https://evil.test/a_b, https://app.dalgo.test.evil.test"
    const { content } = discordBody(message, { ownOrigins: ["https://app.dalgo.test"] })
    expect(content).toContain(
      "See https://app.dalgo.test/a_b. Log: https\\://evil.test/a\\_b, https\\://app.dalgo.test.",
    )
    const section = sectionOf(slackBody(message, { ownOrigins: ["https://app.dalgo.test"] }))
    expect(section).toContain(
      "See <https://app.dalgo.test/a_b>. Log: https://evil.test/a_b, https://app.dalgo.test.evil",
    )
  })

  it("leaves a URL as it is, without the punctuation after it", () => {
    const { content } = discordBody("See https://app.dalgo.test/a_b_c?x=1. Then_go")
    expect(content).toContain("See https://app.dalgo.test/a_b_c?x=1. Then\\_go")
  })

  it.each([
    ["letters", "x".repeat(10_000)],
    ["characters that are escaped", "*".repeat(3_000)],
    ["emoji of two UTF-16 units", "\u{1f600}".repeat(3_000)],
    ["letters and one emoji too many", `${"x".repeat(1_999)}\u{1f600}`],
  ])("is cut to 2,000 characters and keeps its link: %s", (_, message) => {
    const { content } = discordBody(message)
    expect(content.length).toBeLessThanOrEqual(2_000)
    expect(content.length).toBeGreaterThan(1_990)
    expect(content.endsWith(`…\nSee what happened: ${INBOX}`)).toBe(true)
    expect(content.isWellFormed()).toBe(true)
    expect(content).not.toMatch(/(?<!\\)(?:\\\\)*\\…/)
  })

  it("is not cut where it just fits", () => {
    const free = 2_000 - discordBody("").content.length
    expect(discordBody("x".repeat(free)).content).toHaveLength(2_000)
    expect(discordBody("x".repeat(free)).content).not.toContain("…")
    expect(discordBody("x".repeat(free + 1)).content).toContain("x…\n")
  })

  it("has no link without a URL of the inbox, and is urgent only where the notification is", () => {
    expect(discordBody("Hello", { inboxUrl: undefined, urgent: false, category: "system" }).content).toBe(
      "**System · Acme**\nHello",
    )
  })
})

describe("a message on Slack", () => {
  it("has a heading, the text, and a button to the inbox", async () => {
    const { requests } = fakeFetch(() => new Response("ok"))
    expect(await postMessage(slackAdapter, { webhook: SLACK_WEBHOOK, content: contentOf(FAILED) })).toBeNull()
    expect(requests[0]).toMatchObject({ method: "POST", url: SLACK_WEBHOOK, redirect: "manual" })
    expect(await requests[0]?.json()).toEqual({
      text: "Urgent · Job failure · Acme: The pipeline nightly-survey failed.",
      blocks: [
        {
          type: "section",
          text: { type: "mrkdwn", text: `*Urgent · Job failure · Acme*\n${FAILED}`, verbatim: true },
        },
        {
          type: "actions",
          elements: [{ type: "button", text: { type: "plain_text", text: "See what happened" }, url: INBOX }],
        },
      ],
      unfurl_links: false,
      unfurl_media: false,
    })
  })

  it("escapes mentions and labelled links", () => {
    const body = slackBody("<!channel> <@U1> R&D <https://evil.test|dalgo.org>", { orgName: "A<!here>" })
    expect(sectionOf(body)).toBe(
      "*Urgent · Job failure · A&lt;!here&gt;*\n&lt;!channel&gt; &lt;@U1&gt; R&amp;D &lt;<https://evil.test>|dalgo.org&gt;",
    )
    expect(body.text).not.toMatch(/[<>]/)
  })

  it("makes links of URLs", () => {
    expect(sectionOf(slackBody("See https://app.dalgo.test/?a=1&b=2."))).toContain(
      "See <https://app.dalgo.test/?a=1&amp;b=2>.",
    )
  })

  it.each([
    ["letters", "x".repeat(10_000)],
    ["characters that are escaped", "&".repeat(3_000)],
    ["emoji of two UTF-16 units", "\u{1f600}".repeat(3_000)],
  ])("is cut to 3,000 characters: %s", (_, message) => {
    const body = slackBody(message)
    expect(sectionOf(body).length).toBeLessThanOrEqual(3_000)
    expect(sectionOf(body).length).toBeGreaterThan(2_990)
    expect(sectionOf(body)).toMatch(/(?:x|&amp;|\u{1f600})…$/u)
    expect(body.text.length).toBeLessThanOrEqual(300)
  })
})

describe.each(PRODUCTS)("the answer of $name", ({ name, adapter, webhook }) => {
  const failure = async (answer: () => Response | Promise<Response>) => {
    fakeFetch(answer)
    const error = await postMessage(adapter, { webhook, content: contentOf(FAILED) }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DeliveryError)
    const { message, options } = error as DeliveryError
    expect(message).not.toMatch(/oken|T0ACME|1234567|https:/)
    return { message, ...options, isGone: error instanceof ChatRefusedError && error.refusal.kind === "gone" }
  }

  beforeEach(() => {
    vi.setSystemTime(NOON)
  })

  it.each([500, 502, 503, 504, 408])("is a failure to retry: %i", async (status) => {
    expect(await failure(() => new Response("no", { status }))).toMatchObject({
      message: `${name} answered ${status}`,
      permanent: false,
      isGone: false,
    })
  })

  it.each([400, 401, 403, 405, 413, 301, 302, 303, 307, 308])(
    "is a permanent failure of this message: %i",
    async (status) => {
      const headers = { location: "https://evil.test/" }
      expect(await failure(() => new Response(null, { status, headers }))).toMatchObject({
        message: `${name} answered ${status}`,
        permanent: true,
        isGone: false,
      })
    },
  )

  it.each([404, 410])("means that the webhook is gone: %i", async (status) => {
    expect(await failure(() => new Response("nothing here", { status }))).toMatchObject({
      permanent: true,
      isGone: true,
    })
  })

  it("may ask for a delay", async () => {
    const wait = new Response("rate_limited", { status: 429, headers: { "retry-after": "30" } })
    expect(await failure(() => wait.clone())).toMatchObject({ permanent: false, retryAfterMs: 30 * SECOND })
    expect(await failure(() => new Response(null, { status: 429 }))).toMatchObject({
      permanent: false,
      retryAfterMs: undefined,
    })
  })

  it("may be missing", async () => {
    const unreachable = () => {
      throw new TypeError(`network unreachable: ${webhook}`)
    }
    expect(await failure(unreachable)).toMatchObject({ message: `${name} did not answer`, permanent: false })
  })

  it("is ignored where the message was taken", async () => {
    for (const answer of [new Response(null, { status: 204 }), new Response("nonsense"), new Response("{")]) {
      fakeFetch(() => answer.clone())
      expect(await postMessage(adapter, { webhook, content: contentOf(FAILED) })).toBeNull()
    }
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("cut off")) })
    fakeFetch(() => new Response(broken))
    expect(await postMessage(adapter, { webhook, content: contentOf(FAILED) })).toBeNull()
  })

  it("times out after 15 seconds", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout")
    fakeFetch(() => new Response("ok"))
    await postMessage(adapter, { webhook, content: contentOf(FAILED) })
    expect(timeout).toHaveBeenCalledWith(15_000)
  })
})

it("prefers the milliseconds in Discord's body to the seconds in its header", async () => {
  const body = { message: "You are being rate limited.", retry_after: 1.337, global: false }
  fakeFetch(() => Response.json(body, { status: 429, headers: { "retry-after": "2" } }))
  const error: any = await postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK, content: contentOf(FAILED) }).catch(
    (thrown: unknown) => thrown,
  )
  expect(error.options).toEqual({ permanent: false, slowDown: false, retryAfterMs: 1_337 })
})

it("says why, in our words and none of the answer's", async () => {
  const body = { message: "Webhooks posted to forum channels must have a thread_name or thread_id", code: 220_001 }
  fakeFetch(() => Response.json(body, { status: 400 }))
  const words = "the channel is a forum: add ?thread_id=… with the id of one of its threads to the webhook's address"
  const post = postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK, content: contentOf(FAILED) })
  await expect(post).rejects.toMatchObject({
    message: `Discord answered 400: ${words}`,
    refusal: { kind: "wrong_setting", words },
    options: { permanent: true },
  })
})

it("is a refusal although the status is 200: Slack's word, and a web page", async () => {
  const answerOf = async (text: string) => {
    fakeFetch(() => new Response(text))
    return postMessage(slackAdapter, { webhook: SLACK_WEBHOOK, content: contentOf(FAILED) }).catch(
      (error: ChatRefusedError) => error.message,
    )
  }
  expect(await answerOf("channel_is_archived")).toBe("Slack answered 200: its channel is archived")
  expect(await answerOf('{"ok":false,"error":"no_service"}')).toBe("Slack answered 200: the webhook was removed there")
  expect(await answerOf("<!DOCTYPE html><p>Maintenance")).toBe("Slack answered 200: it answered with a web page")
  expect(await answerOf("ok")).toBeNull()
})

it("introduces itself to Discord", async () => {
  const { requests } = fakeFetch(() => Response.json({ id: "1" }))
  await postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK, content: contentOf(FAILED) })
  expect(requests[0]?.headers.get("user-agent")).toMatch(/^DiscordBot \(https:\S+, \S+\)$/)
})

describe("a stored webhook", () => {
  it.each([
    "https://discord.com.evil.test/api/webhooks/1/token",
    "https://discord.com@evil.test/api/webhooks/1/token",
    "https://127.0.0.1/api/webhooks/1/token",
    "http://discord.com/api/webhooks/1/token",
    "https://discord.com:8443/api/webhooks/1/token",
    "https://discord.com/api/users/@me",
    SLACK_WEBHOOK,
    "a word",
  ])("is not called unless it is a URL of Discord: %s", async (stored) => {
    const { requests } = fakeFetch(() => Response.json({ id: "1" }))
    await expect(postMessage(discordAdapter, { webhook: stored, content: contentOf(FAILED) })).rejects.toMatchObject({
      message: "the stored URL is not a Discord webhook",
      options: { permanent: true },
    })
    expect(requests).toEqual([])
  })

  it.each(["?wait=true", "?wait=false&x=1", "/", "#here"])(
    "is called without the ending that Dalgo stored: %s",
    async (end) => {
      const { requests } = fakeFetch(() => Response.json({ id: "1" }))
      await postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK + end, content: contentOf(FAILED) })
      expect(requests.map(({ url }) => url)).toEqual([`${DISCORD_WEBHOOK}?wait=true`])
    },
  )

  it.each(["?thread_id=123", "?thread_id=123&wait=false", "?wait=true&thread_id=123", "/?x=1&thread_id=123#here"])(
    "keeps its thread: %s",
    async (end) => {
      const { requests } = fakeFetch(() => Response.json({ id: "1" }))
      await postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK + end, content: contentOf(FAILED) })
      expect(requests.map(({ url }) => url)).toEqual([`${DISCORD_WEBHOOK}?thread_id=123&wait=true`])
    },
  )

  it.each(["?thread_id=", "?thread_id=1a", "?thread_id=%31", "#?thread_id=1", "?other_thread_id=1"])(
    "has no thread in: %s",
    async (end) => {
      const { requests } = fakeFetch(() => Response.json({ id: "1" }))
      await postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK + end, content: contentOf(FAILED) })
      expect(requests.map(({ url }) => url)).toEqual([`${DISCORD_WEBHOOK}?wait=true`])
    },
  )

  it("has no thread on Slack", async () => {
    const { requests } = fakeFetch(() => new Response("ok"))
    await postMessage(slackAdapter, { webhook: `${SLACK_WEBHOOK}?thread_id=1`, content: contentOf(FAILED) })
    expect(requests.map(({ url }) => url)).toEqual([SLACK_WEBHOOK])
  })
})

it.each([
  [429, '{"message":"You are being rate limited.","retry_after":64.57,"global":true}', true],
  [429, "error code: 1015", true],
  [429, '{"message":"You are being rate limited.","retry_after":1,"global":false}', false],
  [500, '{"global":true}', false],
])("%i %s holds up the messages to other webhooks too: %s", async (status, body, slowDown) => {
  fakeFetch(() => new Response(body, { status }))
  const sending = postMessage(discordAdapter, { webhook: DISCORD_WEBHOOK, content: contentOf(FAILED) })
  await expect(sending).rejects.toMatchObject({ options: { slowDown, permanent: false } })
})
