import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { openDb } from "../../src/db/client"
import * as queries from "../../src/delivery/queries"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { HOUR, MINUTE, NOON, SECOND } from "../support/clock"
import { growAcmeTo } from "../support/inbox"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { server } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const RECIPIENTS = 20
const GROUP = 6

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, drain } = captureQueues())
})

/** Publishes a notification to twenty people and returns the queue message for their e-mails. */
async function publishToTwenty(): Promise<DeliveryMessage> {
  await growAcmeTo(RECIPIENTS)
  const news = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  await server.post("/api/notifications/", news)
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  return sent.splice(0)[0]?.body as DeliveryMessage
}
const deliver = (message: DeliveryMessage) => consume("dalgo-deliveries", [message])

/** SES, which gives this response to the n-th e-mail. */
function respondWith(answer: (n: number) => Response | undefined) {
  let n = 0
  const provider = fakeSes(() => {
    n += 1
    return answer(n)
  })
  const { requests } = fakeFetch(provider.handler)
  return { provider, requests }
}
const limitResponse = (message: string) => () =>
  Response.json({ message }, { status: 429, headers: { "x-amzn-errortype": "TooManyRequestsException" } })
const errorResponse = (type: string, status: number) => () =>
  Response.json({ message: "" }, { status, headers: { "x-amzn-errortype": type } })
const rateLimit = limitResponse("Maximum sending rate exceeded.")
const quota = limitResponse("Daily message quota exceeded.")

const countByStatus = () =>
  selectRows(
    "SELECT status, attempts, count(*) AS count FROM deliveries GROUP BY status, attempts ORDER BY status, attempts",
  )

describe("a provider that asks to slow down", () => {
  it("postpones the rest, which loses no attempt", async () => {
    const { requests } = respondWith((n) => (n > GROUP ? rateLimit() : undefined))
    await deliver(await publishToTwenty())
    expect(requests).toHaveLength(2 * GROUP)
    expect(await countByStatus()).toEqual([
      { status: "pending", attempts: 0, count: RECIPIENTS - 2 * GROUP },
      { status: "pending", attempts: 1, count: GROUP },
      { status: "sent", attempts: 1, count: GROUP },
    ])
    const [{ least, most }] = await selectRows("SELECT min(due_at) AS least, max(due_at) AS most FROM deliveries")
    expect(least).toBeGreaterThanOrEqual(NOON + 24 * SECOND)
    expect(most).toBeLessThanOrEqual(NOON + 36 * SECOND)
    expect(await selectRows("SELECT DISTINCT reason FROM deliveries WHERE status = 'pending'")).toEqual([
      { reason: "SES answered 429 TooManyRequestsException" },
    ])
  })

  it("gets no request before the time, however often the same message comes", async () => {
    const { requests } = respondWith(quota)
    const message = await publishToTwenty()
    for (let i = 0; i < 5; i += 1) await deliver(message)
    expect(requests).toHaveLength(GROUP)
    vi.setSystemTime(NOON + 6 * HOUR)
    await deliver(message)
    expect(requests).toHaveLength(2 * GROUP)
  })

  it("gets no request for a ready summary before the time", async () => {
    respondWith(quota)
    const message = await publishToTwenty()
    await deliver(message)
    expect(await queries.selectUntriedEmails(openDb(env.DB), message)).toEqual([])
  })

  it("gets the rest later, each e-mail once", async () => {
    respondWith(rateLimit)
    const message = await publishToTwenty()
    await deliver(message)
    const { provider } = respondWith(() => undefined)
    await runCron()
    await drain()
    expect(provider.mails).toEqual([])
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    await drain()
    await deliver(message)
    expect(new Set(provider.mails.map(({ to }) => to)).size).toBe(RECIPIENTS)
    expect(provider.mails).toHaveLength(RECIPIENTS)
  })

  it("for a day gets six requests every six hours, and no e-mail is lost", async () => {
    const { requests } = respondWith(quota)
    await deliver(await publishToTwenty())
    for (let hours = 6; hours <= 24; hours += 6) {
      vi.setSystemTime(NOON + hours * HOUR - SECOND)
      await runCron()
      await drain()
      vi.setSystemTime(NOON + hours * HOUR)
      if (hours < 24) await runCron()
      if (hours < 24) await drain()
    }
    expect(requests).toHaveLength(4 * GROUP)
    const { provider } = respondWith(() => undefined)
    await runCron()
    await drain()
    expect(provider.mails).toHaveLength(RECIPIENTS)
    expect(await countByStatus()).toEqual([
      { status: "sent", attempts: 1, count: RECIPIENTS - GROUP },
      { status: "sent", attempts: 5, count: GROUP },
    ])
  })

  it.each([
    ["for the daily quota", quota, 36, 38],
    ["for a paused account", errorResponse("SendingPausedException", 400), 36, 38],
    ["for a sender that is not verified", errorResponse("MailFromDomainNotVerifiedException", 400), 24, 28],
    ["for a wrong key", errorResponse("InvalidClientTokenId", 403), 24, 28],
  ])("%s is retried for long enough that an admin can act", async (_, answer, least, most) => {
    respondWith(answer)
    await deliver(await publishToTwenty())
    const isOver = async () => (await selectRows("SELECT 1 FROM deliveries WHERE status = 'dead'")).length > 0
    while (!(await isOver())) {
      const [{ at }] = await selectRows("SELECT min(due_at) AS at FROM deliveries")
      vi.setSystemTime(at)
      await runCron()
      await drain()
    }
    expect((Date.now() - NOON) / HOUR).toBeGreaterThanOrEqual(least)
    expect((Date.now() - NOON) / HOUR).toBeLessThanOrEqual(most)
  })

  it("for ever makes every delivery dead in the end", async () => {
    respondWith(rateLimit)
    await deliver(await publishToTwenty())
    for (let i = 0; i < 60; i += 1) {
      vi.setSystemTime(Date.now() + 8 * HOUR)
      await runCron()
      await drain()
    }
    expect(await countByStatus()).toEqual([{ status: "dead", attempts: 7, count: RECIPIENTS }])
  })
})

describe("a provider that refuses some e-mails", () => {
  it.each([
    ["with a rate limit", (n: number) => (n % 2 === 0 ? rateLimit() : undefined), 10],
    ["with an error of its own", (n: number) => (n <= GROUP ? new Response(null, { status: 500 }) : undefined), GROUP],
  ])("%s is sent all the others", async (_, answer, refused) => {
    const { requests } = respondWith(answer)
    await deliver(await publishToTwenty())
    expect(requests).toHaveLength(RECIPIENTS)
    expect(await countByStatus()).toEqual([
      { status: "pending", attempts: 1, count: refused },
      { status: "sent", attempts: 1, count: RECIPIENTS - refused },
    ])
  })
})
