import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { vi } from "vitest"
import worker from "../../src/index"
import type { DeliveryMessage, SignalMessage } from "../../src/runtime/queue-messages"

type QueueName = "dalgo-signals" | "dalgo-signals-bulk" | "dalgo-deliveries" | "dalgo-deliveries-bulk"
type Sent = { queue: QueueName; body: SignalMessage | DeliveryMessage; delaySeconds: number }

/**
 * Captures the messages that the worker sends to its queues. The test decides when and in which order the real handlers
 * get them.
 */
export function captureQueues() {
  const sent: Sent[] = []
  const failing = new Set<Sent["queue"]>()
  const throwIfFailing = (queue: Sent["queue"]) => {
    if (failing.delete(queue)) throw new Error("the queue is not available")
  }
  const capture = (queue: Sent["queue"], producer: Queue<any>) => {
    const delayOf = (options?: { delaySeconds?: number }) => options?.delaySeconds ?? 0
    vi.spyOn(producer, "send").mockImplementation(async (body, options) => {
      throwIfFailing(queue)
      sent.push({ queue, body, delaySeconds: delayOf(options) })
      return {} as never
    })
    vi.spyOn(producer, "sendBatch").mockImplementation(async (messages, options) => {
      throwIfFailing(queue)
      for (const { body } of messages) sent.push({ queue, body, delaySeconds: delayOf(options) })
      return {} as never
    })
  }
  capture("dalgo-signals", env.SIGNALS)
  capture("dalgo-signals-bulk", env.SIGNALS_BULK)
  capture("dalgo-deliveries", env.DELIVERIES)
  capture("dalgo-deliveries-bulk", env.DELIVERIES_BULK)

  /** Consumes messages, one a batch, until none is left. Delayed messages stay, unless `delayed` is set. */
  async function drain({ delayed = false } = {}): Promise<void> {
    for (;;) {
      const index = sent.findIndex((message) => delayed || message.delaySeconds === 0)
      if (index === -1) return
      const [message] = sent.splice(index, 1)
      if (message) await consume(message.queue, [message.body])
    }
  }
  /** Each queue has its own consumer: consumes one batch of each queue in turn, until none is left. */
  async function drainQueuesInTurn({ batchSize }: { batchSize: number }): Promise<void> {
    while (sent.length > 0) {
      const waiting = sent.splice(0)
      for (const [queue, messages] of Map.groupBy(waiting, (message) => message.queue)) {
        sent.push(...messages.splice(batchSize))
        await consume(
          queue,
          messages.map(({ body }) => body),
        )
      }
    }
  }
  /** The next send to this queue throws. */
  const lose = (queue: Sent["queue"]) => void failing.add(queue)
  return { sent, drain, drainQueuesInTurn, lose }
}

/**
 * Gives one batch to the consumer. Returns which messages it acknowledged and retried; `delays` are the delays of the
 * retries in seconds. `changes` are other settings or bindings.
 */
export async function consume(
  queue: string,
  bodies: (SignalMessage | DeliveryMessage)[],
  { attempts = 1, changes = {} }: { attempts?: number; changes?: object } = {},
) {
  const messages = bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(), attempts, body }))
  const batch = createMessageBatch<SignalMessage | DeliveryMessage>(queue, messages)
  const retries = batch.messages.map((message) => vi.spyOn(message, "retry"))
  const ctx = createExecutionContext()
  await worker.queue(batch, { ...env, ...changes }, ctx)
  await waitOnExecutionContext(ctx)
  const delays = retries.flatMap((retry) => retry.mock.calls.map(([options]) => options?.delaySeconds ?? 0))
  return { ...(await getQueueResult(batch, ctx)), delays }
}

/** Runs the cron once. `changes` are other settings or bindings. */
export async function runCron(changes: object = {}): Promise<void> {
  const ctx = createExecutionContext()
  await worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry() {} }, { ...env, ...changes }, ctx)
  await waitOnExecutionContext(ctx)
}

/** Each organisation may send this many messages of a kind in the normal lane. Until then, a test knows no such limit. */
export function limitQueueShare(limit: number): void {
  const used = new Map<string, number>()
  vi.spyOn(env.QUEUE_SHARE, "limit").mockImplementation(async ({ key }) => {
    used.set(key, (used.get(key) ?? 0) + 1)
    return { success: (used.get(key) ?? 0) <= limit }
  })
}
