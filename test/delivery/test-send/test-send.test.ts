import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { fakeFetch } from "../../support/fake-fetch"
import { alice, anonymous, bob, charlie, cookieOf, dora, server } from "../../support/people"
import { DISCORD_WEBHOOK, fakeChatProducts, type PostedMessage, SLACK_WEBHOOK } from "../../support/fake-chat-products"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"

const IN_ACME = { "x-dalgo-org": "acme" }

function startProducts(fail?: (message: PostedMessage) => Response | undefined) {
  const products = fakeChatProducts(fail)
  const { requests } = fakeFetch(products.handler)
  return { ...products, requests }
}
const answerOf = async (request: Promise<Response>) => {
  const answer = await request
  return { status: answer.status, body: await answer.json<any>(), wait: answer.headers.get("retry-after") }
}

describe.each([
  {
    product: "discord",
    name: "Discord",
    webhook: DISCORD_WEBHOOK,
    verb: "deleted",
    refused: Response.json({ code: 220_001 }, { status: 400 }),
    words: "the channel is a forum: add ?thread_id=… with the id of one of its threads to the webhook's address",
  },
  {
    product: "slack",
    name: "Slack",
    webhook: SLACK_WEBHOOK,
    verb: "removed",
    refused: new Response("action_prohibited", { status: 403 }),
    words:
      "the workspace does not permit the webhook to write in its channel: ask an admin of the workspace to permit it",
  },
] as const)("a test on $name", ({ product, name, webhook, verb, refused, words }) => {
  const PATH = `/api/orgpreferences/test-${product}`
  const SENT = { status: 200, body: { success: true, message: `The test is on ${name}.` }, wait: null }
  const test = () => answerOf(alice.post(PATH))
  const store = (isOn = true) =>
    alice.put(`/api/orgpreferences/enable-${product}-notifications`, {
      [`enable_${product}_notifications`]: isOn,
      [`${product}_webhook`]: webhook,
    })

  it("is posted at once, and names the organisation", async () => {
    const posted = startProducts()
    await store()
    expect(await test()).toEqual(SENT)
    expect(posted[product].map((message) => message.webhook)).toEqual([webhook])
    const text = JSON.stringify(posted[product][0]?.body)
    expect(text).toContain("This is a test from Dalgo. Notifications of Acme will appear here.")
    expect(await selectRows("SELECT id FROM notifications")).toEqual([])
  })

  it("requires a stored webhook", async () => {
    const { requests } = startProducts()
    const none = { status: 400, body: { detail: `No ${name} webhook is stored.` }, wait: null }
    expect(await test()).toEqual(none)
    await store()
    await store(false)
    expect(await test()).toEqual(none)
    expect(requests).toEqual([])
  })

  it("is sent through a webhook that was disabled as gone, and changes nothing", async () => {
    startProducts()
    await store()
    await selectRows("UPDATE chat_webhooks SET enabled = 0, gone_at = 1")
    const before = await selectRows("SELECT * FROM chat_webhooks")
    expect(await test()).toEqual(SENT)
    expect(await selectRows("SELECT * FROM chat_webhooks")).toEqual(before)
  })

  it.each<[string, Response | Error, number, string, string | null]>([
    [
      "the webhook is unknown",
      new Response("no_service", { status: 404 }),
      400,
      `${name} refused the message: the webhook was ${verb} there. Make a new webhook, and store it in Dalgo.`,
      null,
    ],
    ["a setting is wrong", refused, 400, `${name} refused the message: ${words}.`, null],
    [
      "the message is refused",
      new Response("something_new", { status: 400 }),
      400,
      `${name} refused the message.`,
      null,
    ],
    [
      "the answer is a redirect",
      new Response(null, { status: 302, headers: { location: "https://evil.test/" } }),
      400,
      `${name} refused the message.`,
      null,
    ],
    [
      "the product has a fault of its own",
      new Response(product === "slack" ? "rollup_error" : '{"code":40006}', { status: 500 }),
      503,
      `${name} cannot take a message right now: it ${product === "slack" ? "has a fault of its own" : "takes no more messages at the moment"}`,
      "60",
    ],
    [
      "the rate limit is exceeded",
      new Response(null, { status: 429 }),
      503,
      `${name} cannot take a message right now`,
      "60",
    ],
    ["the product fails", new Response(null, { status: 500 }), 503, `${name} cannot take a message right now`, "60"],
    ["the product does not answer", new Error("unreachable"), 503, `${name} cannot take a message right now`, "60"],
  ])("explains that %s, and changes nothing", async (_, answer, status, detail, wait) => {
    startProducts(() => {
      if (answer instanceof Error) throw answer
      return answer.clone()
    })
    await store()
    const before = await selectRows("SELECT * FROM chat_webhooks")
    expect(await test()).toEqual({ status, body: { detail }, wait })
    expect(await selectRows("SELECT * FROM chat_webhooks")).toEqual(before)
  })

  it("explains that the stored webhook cannot be decrypted", async () => {
    const { requests } = startProducts()
    await store()
    const through = workerWithEnv({ SECRETS_KEYS: "" })
    const answer = await answerOf(through(PATH, { method: "POST", headers: await cookieOf(alice.userId) }))
    expect(answer).toMatchObject({ status: 503, body: { detail: "the stored webhook cannot be read" } })
    expect(requests).toEqual([])
  })

  it("is for admins of the organisation", async () => {
    const posted = startProducts()
    await store()
    for (const [one, status] of [
      [anonymous, 401],
      [bob, 403],
      [charlie, 404],
    ] as const) {
      expect((await one.post(PATH, undefined, IN_ACME)).status).toBe(status)
    }
    // Charlie's organisation has none, and Alice's webhook is not his.
    expect((await answerOf(charlie.post(PATH))).body).toEqual({ detail: `No ${name} webhook is stored.` })
    expect(posted[product]).toEqual([])
    for (const one of [dora, server]) expect(await answerOf(one.post(PATH, undefined, IN_ACME))).toEqual(SENT)
    expect(posted[product]).toHaveLength(2)
  })

  it("counts towards the rate limit of sending", async () => {
    const { requests } = startProducts()
    await store()
    const limit = vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: false })
    expect(await test()).toMatchObject({ status: 429, body: { detail: "too many at once" }, wait: "60" })
    expect(limit).toHaveBeenCalledWith({ key: `person:${alice.userId}` })
    expect(requests).toEqual([])
  })
})
