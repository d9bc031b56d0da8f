export type Message = { id: string; queue: string; body: unknown; dueAt: number; attempts: number }

/** As in wrangler.toml. */
const MOST_RETRIES = 5
const BATCH: Record<string, number> = { "dalgo-signals": 10, "dalgo-deliveries": 5 }
const BATCH_OF_DEAD = 50

/** The queues, in memory: when a message is delivered, and with which others, is for the test to say. */
export class MemoryQueue {
  waiting: Message[] = []
  private last = 0

  put(queue: string, bodies: unknown[], { delaySeconds = 0 }: { delaySeconds?: number } = {}) {
    for (const body of bodies) {
      const dueAt = Date.now() + delaySeconds * 1_000
      this.waiting.push({ id: `m${++this.last}`, queue, body: structuredClone(body), dueAt, attempts: 0 })
    }
    return {} as never
  }

  /** Takes what is due, of one queue, as many as make a batch. `pick` may choose others, or another order. */
  take(pick: (due: Message[]) => Message[] = (due) => due): Message[] {
    const due = pick(this.waiting.filter((message) => message.dueAt <= Date.now()))
    const queue = due[0]?.queue ?? ""
    const batch = due.filter((message) => message.queue === queue).slice(0, BATCH[queue] ?? BATCH_OF_DEAD)
    this.waiting = this.waiting.filter((message) => !batch.includes(message))
    return batch
  }

  /** Is to be delivered again: after too many times as a dead letter. */
  back(message: Message, delaySeconds: number): void {
    const attempts = message.attempts + 1
    const dueAt = Date.now() + delaySeconds * 1_000
    const isDead = attempts > MOST_RETRIES && !message.queue.endsWith("-dead")
    this.waiting.push(
      isDead ? { ...message, queue: `${message.queue}-dead`, dueAt, attempts: 0 } : { ...message, dueAt, attempts },
    )
  }

  nextAt = () => (this.waiting.length > 0 ? Math.min(...this.waiting.map(({ dueAt }) => dueAt)) : undefined)
}
