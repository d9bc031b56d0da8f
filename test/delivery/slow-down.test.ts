import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { openDb } from "../../src/db/client"
import * as queries from "../../src/delivery/queries"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { HOUR, MINUTE, NOON, SECOND } from "../support/clock"
import { growAcmeTo } from "../support/inbox"
import { outside, ses } from "../support/outside"
import { server } from "../support/people"
import { consume, cron, queues } from "../support/queues"
import { rows } from "../support/rows"

const EVERYBODY = 20
const AT_ONCE = 6

let sent: ReturnType<typeof queues>["sent"]
let drain: ReturnType<typeof queues>["drain"]
beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, drain } = queues())
})

/** Tells twenty people something; answers the message that is to send their mails. */
async function announced(): Promise<DeliveryMessage> {
  await growAcmeTo(EVERYBODY)
  const news = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  await server.post("/api/notifications/", news)
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  return sent.splice(0)[0]?.body as DeliveryMessage
}
const deliver = (message: DeliveryMessage) => consume("dalgo-deliveries", [message])

/** SES, which says this to the so-manieth mail. */
function answering(answer: (n: number) => Response | undefined) {
  let n = 0
  const post = ses(() => {
    n += 1
    return answer(n)
  })
  const { requests } = outside(post.handler)
  return { post, requests }
}
const saying = (message: string) => () =>
  Response.json({ message }, { status: 429, headers: { "x-amzn-errortype": "TooManyRequestsException" } })
const refusing = (type: string, status: number) => () =>
  Response.json({ message: "" }, { status, headers: { "x-amzn-errortype": type } })
const rate = saying("Maximum sending rate exceeded.")
const quota = saying("Daily message quota exceeded.")

const tally = () =>
  rows("SELECT status, attempts, count(*) AS count FROM deliveries GROUP BY status, attempts ORDER BY status, attempts")

describe("a provider that takes no more", () => {
  it("is left alone: whoever was not tried waits, and has lost no try", async () => {
    const { requests } = answering((n) => (n > AT_ONCE ? rate() : undefined))
    await deliver(await announced())
    expect(requests).toHaveLength(2 * AT_ONCE)
    expect(await tally()).toEqual([
      { status: "pending", attempts: 0, count: EVERYBODY - 2 * AT_ONCE },
      { status: "pending", attempts: 1, count: AT_ONCE },
      { status: "sent", attempts: 1, count: AT_ONCE },
    ])
    const [{ least, most }] = await rows("SELECT min(due_at) AS least, max(due_at) AS most FROM deliveries")
    expect(least).toBeGreaterThanOrEqual(NOON + 24 * SECOND)
    expect(most).toBeLessThanOrEqual(NOON + 36 * SECOND)
    expect(await rows("SELECT DISTINCT reason FROM deliveries WHERE status = 'pending'")).toEqual([
      { reason: "SES answered 429 TooManyRequestsException" },
    ])
  })

  it("is asked nothing before the time, however often the same message comes", async () => {
    const { requests } = answering(quota)
    const message = await announced()
    for (let i = 0; i < 5; i += 1) await deliver(message)
    expect(requests).toHaveLength(AT_ONCE)
    vi.setSystemTime(NOON + 6 * HOUR)
    await deliver(message)
    expect(requests).toHaveLength(2 * AT_ONCE)
  })

  it("is asked nothing before the time by the summary either", async () => {
    answering(quota)
    const message = await announced()
    await deliver(message)
    expect(await queries.selectUntriedEmails(openDb(env.DB), message)).toEqual([])
  })

  it("gets the rest when it takes some again, each once", async () => {
    answering(rate)
    const message = await announced()
    await deliver(message)
    const { post } = answering(() => undefined)
    await cron()
    await drain()
    expect(post.mails).toEqual([])
    vi.setSystemTime(NOON + MINUTE)
    await cron()
    await drain()
    await deliver(message)
    expect(new Set(post.mails.map(({ to }) => to)).size).toBe(EVERYBODY)
    expect(post.mails).toHaveLength(EVERYBODY)
  })

  it("for a day costs six people a try each quarter of a day, and nobody their mail", async () => {
    const { requests } = answering(quota)
    await deliver(await announced())
    for (let hours = 6; hours <= 24; hours += 6) {
      vi.setSystemTime(NOON + hours * HOUR - SECOND)
      await cron()
      await drain()
      vi.setSystemTime(NOON + hours * HOUR)
      if (hours < 24) await cron()
      if (hours < 24) await drain()
    }
    expect(requests).toHaveLength(4 * AT_ONCE)
    const { post } = answering(() => undefined)
    await cron()
    await drain()
    expect(post.mails).toHaveLength(EVERYBODY)
    expect(await tally()).toEqual([
      { status: "sent", attempts: 1, count: EVERYBODY - AT_ONCE },
      { status: "sent", attempts: 5, count: AT_ONCE },
    ])
  })

  it.each([
    ["as many mails a day as were sent", quota, 36, 38],
    ["from an account that is paused", refusing("SendingPausedException", 400), 36, 38],
    ["from a sender that is not set up", refusing("MailFromDomainNotVerifiedException", 400), 24, 28],
    ["anything from such a key", refusing("InvalidClientTokenId", 403), 24, 28],
  ])("no longer takes %s, is tried for as long as that may take", async (_, answer, least, most) => {
    answering(answer)
    await deliver(await announced())
    const isOver = async () => (await rows("SELECT 1 FROM deliveries WHERE status = 'dead'")).length > 0
    while (!(await isOver())) {
      const [{ at }] = await rows("SELECT min(due_at) AS at FROM deliveries")
      vi.setSystemTime(at)
      await cron()
      await drain()
    }
    expect((Date.now() - NOON) / HOUR).toBeGreaterThanOrEqual(least)
    expect((Date.now() - NOON) / HOUR).toBeLessThanOrEqual(most)
  })

  it("for ever is given up in the end, for everybody", async () => {
    answering(rate)
    await deliver(await announced())
    for (let i = 0; i < 60; i += 1) {
      vi.setSystemTime(Date.now() + 8 * HOUR)
      await cron()
      await drain()
    }
    expect(await tally()).toEqual([{ status: "dead", attempts: 7, count: EVERYBODY }])
  })
})

describe("a provider that refuses some of many", () => {
  it.each([
    ["asks them to slow down", (n: number) => (n % 2 === 0 ? rate() : undefined), 10],
    ["fails", (n: number) => (n <= AT_ONCE ? new Response(null, { status: 500 }) : undefined), AT_ONCE],
  ])("and only %s, is sent all the others", async (_, answer, refused) => {
    const { requests } = answering(answer)
    await deliver(await announced())
    expect(requests).toHaveLength(EVERYBODY)
    expect(await tally()).toEqual([
      { status: "pending", attempts: 1, count: refused },
      { status: "sent", attempts: 1, count: EVERYBODY - refused },
    ])
  })
})
