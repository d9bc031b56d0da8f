import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { vi } from "vitest"
import worker from "../../src/index"
import type { DeliveryMessage, SignalMessage } from "../../src/runtime/queue-messages"

type Sent = { queue: "dalgo-signals" | "dalgo-deliveries"; body: SignalMessage | DeliveryMessage; delaySeconds: number }

/**
 * Takes what the worker puts on its queues, so that a test says when it is consumed. The handlers are the real
 * ones; the order and the time are the test's.
 */
export function queues() {
  const sent: Sent[] = []
  const failing = new Set<Sent["queue"]>()
  const refuse = (queue: Sent["queue"]) => {
    if (failing.delete(queue)) throw new Error("the queue is not there")
  }
  const keep = (queue: Sent["queue"], producer: Queue<any>) => {
    const delayOf = (options?: { delaySeconds?: number }) => options?.delaySeconds ?? 0
    vi.spyOn(producer, "send").mockImplementation(async (body, options) => {
      refuse(queue)
      sent.push({ queue, body, delaySeconds: delayOf(options) })
      return {} as never
    })
    vi.spyOn(producer, "sendBatch").mockImplementation(async (messages, options) => {
      refuse(queue)
      for (const { body } of messages) sent.push({ queue, body, delaySeconds: delayOf(options) })
      return {} as never
    })
  }
  keep("dalgo-signals", env.SIGNALS)
  keep("dalgo-deliveries", env.DELIVERIES)

  /** Consumes what is on the queues now, and what that puts there, until nothing is left; delayed messages stay. */
  async function drain({ delayed = false } = {}): Promise<void> {
    for (;;) {
      const index = sent.findIndex((message) => delayed || message.delaySeconds === 0)
      if (index === -1) return
      const [message] = sent.splice(index, 1)
      if (message) await consume(message.queue, [message.body])
    }
  }
  /** The next thing that is put on this queue is lost. */
  const lose = (queue: Sent["queue"]) => void failing.add(queue)
  return { sent, drain, lose }
}

/**
 * Gives the consumer of a queue one batch, and answers what it acknowledged and what it wants again, after how many
 * seconds. `changes` are settings or bindings other than the tests usually have.
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

/** The cron, once. `changes` are as those of `consume`. */
export async function cron(changes: object = {}): Promise<void> {
  const ctx = createExecutionContext()
  await worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry() {} }, { ...env, ...changes }, ctx)
  await waitOnExecutionContext(ctx)
}
