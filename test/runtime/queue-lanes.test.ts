import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { inTurn, isWithinShare, sendDeliveries, sendSignals } from "../../src/runtime/queue-lanes"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { captureQueues, limitQueueShare } from "../support/queues"

const queues = {
  signals: env.SIGNALS,
  signalsBulk: env.SIGNALS_BULK,
  deliveries: env.DELIVERIES,
  deliveriesBulk: env.DELIVERIES_BULK,
  queueShare: env.QUEUE_SHARE,
}
const [ACME, GLOBEX] = [1, 2]
const event = (eventId: number, orgId: number | undefined) => ({ body: { kind: "prefect" as const, eventId }, orgId })
const summary = (flowRunId: string, orgId: number) => ({ body: { kind: "summary" as const, flowRunId }, orgId })
const mail = (notificationId: number, orgId: number) => {
  const body: DeliveryMessage = { channel: "email", notificationId, recipientIds: [1] }
  return { body, orgId }
}

let sent: ReturnType<typeof captureQueues>["sent"]
let lose: ReturnType<typeof captureQueues>["lose"]
beforeEach(() => {
  ;({ sent, lose } = captureQueues())
})
const lanesOf = () => sent.map(({ queue, body }) => [queue, "eventId" in body ? body.eventId : body])

describe("one send", () => {
  it("takes organisations in turn, and gives each the normal lane for its first two messages", async () => {
    await sendSignals(queues, [
      ...[1, 2, 3, 4].map((id) => event(id, ACME)),
      ...[5, 6, 7].map((id) => event(id, GLOBEX)),
    ])
    expect(lanesOf()).toEqual([
      ...[1, 5, 2, 6].map((id) => ["dalgo-signals", id]),
      ...[3, 7, 4].map((id) => ["dalgo-signals-bulk", id]),
    ])
  })

  it("counts each kind of message by itself", async () => {
    await sendSignals(queues, [
      event(1, ACME),
      event(2, ACME),
      summary("a", ACME),
      summary("b", ACME),
      summary("c", ACME),
    ])
    expect(sent.map(({ queue }) => queue)).toEqual([...Array(4).fill("dalgo-signals"), "dalgo-signals-bulk"])
  })

  it("keeps events whose organisation is not known in the normal lane", async () => {
    limitQueueShare(0)
    await sendSignals(
      queues,
      [1, 2, 3, 4].map((id) => event(id, undefined)),
    )
    expect(sent.map(({ queue }) => queue)).toEqual(Array(4).fill("dalgo-signals"))
    expect(vi.spyOn(env.QUEUE_SHARE, "limit")).not.toHaveBeenCalled()
  })

  it("delays the messages of both lanes", async () => {
    await sendDeliveries(
      queues,
      [1, 2, 3].map((id) => mail(id, ACME)),
      { delaySeconds: 60 },
    )
    expect(sent.map(({ queue, delaySeconds }) => [queue, delaySeconds])).toEqual([
      ["dalgo-deliveries", 60],
      ["dalgo-deliveries", 60],
      ["dalgo-deliveries-bulk", 60],
    ])
  })

  it("sends at most 100 messages in a batch, and none where there is none", async () => {
    await sendDeliveries(queues, [])
    expect(vi.spyOn(env.DELIVERIES, "sendBatch")).not.toHaveBeenCalled()
    await sendDeliveries(
      queues,
      Array.from({ length: 202 }, (_, i) => mail(i, ACME)),
    )
    const sizes = vi.spyOn(env.DELIVERIES_BULK, "sendBatch").mock.calls.map(([messages]) => [...messages].length)
    expect(sizes).toEqual([100, 100])
    expect(sent).toHaveLength(202)
  })

  it.each(["dalgo-deliveries", "dalgo-deliveries-bulk"] as const)("fails if %s accepts nothing", async (queue) => {
    lose(queue)
    await expect(
      sendDeliveries(
        queues,
        [1, 2, 3].map((id) => mail(id, ACME)),
      ),
    ).rejects.toThrow("not available")
  })
})

describe("many sends", () => {
  it("use up the share of one organisation, and not that of another", async () => {
    limitQueueShare(2)
    for (const id of [1, 2, 3, 4]) await sendSignals(queues, [event(id, ACME)])
    await sendSignals(queues, [event(5, GLOBEX)])
    expect(lanesOf()).toEqual([
      ["dalgo-signals", 1],
      ["dalgo-signals", 2],
      ["dalgo-signals-bulk", 3],
      ["dalgo-signals-bulk", 4],
      ["dalgo-signals", 5],
    ])
  })
})

it("an organisation is within its share while the rate limiter does not answer", async () => {
  vi.spyOn(env.QUEUE_SHARE, "limit").mockRejectedValue(new Error("away"))
  expect(await isWithinShare(queues, { kind: "prefect", orgId: ACME })).toBe(true)
})

it.each([
  [[], []],
  [["a1"], ["a1"]],
  [
    ["a1", "a2", "a3", "b1"],
    ["a1", "b1", "a2", "a3"],
  ],
  [
    ["b1", "a1", "b2", "-1", "a2"],
    ["b1", "a1", "-1", "b2", "a2"],
  ],
])("in turn: %j becomes %j", (given, expected) => {
  const ORG: Record<string, number | null> = { a: ACME, b: GLOBEX, "-": null }
  const items = given.map((name) => ({ name, orgId: ORG[name[0] ?? ""] }))
  expect(inTurn(items).map(({ name }) => name)).toEqual(expected)
})
