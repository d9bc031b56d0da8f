export type Message = { id: string; queue: string; body: unknown; dueAt: number; attempts: number }

/** As in wrangler.toml. */
const MAX_RETRIES = 5
const BATCH_SIZE: Record<string, number> = {
  "dalgo-signals": 100,
  "dalgo-signals-bulk": 10,
  "dalgo-deliveries": 5,
  "dalgo-deliveries-bulk": 5,
}
const DEAD_LETTER_BATCH_SIZE = 50

/** The queues, in memory. The test decides when a message is delivered, and in which batch. */
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

  /** Removes and returns one batch of messages that are due on one queue. `pick` may filter or reorder them first. */
  take(pick: (due: Message[]) => Message[] = (due) => due): Message[] {
    const due = pick(this.waiting.filter((message) => message.dueAt <= Date.now()))
    const queue = due[0]?.queue ?? ""
    const batch = due.filter((message) => message.queue === queue).slice(0, BATCH_SIZE[queue] ?? DEAD_LETTER_BATCH_SIZE)
    this.waiting = this.waiting.filter((message) => !batch.includes(message))
    return batch
  }

  /** Puts a message back. After too many attempts it goes to the dead letter queue. */
  retry(message: Message, delaySeconds: number): void {
    const attempts = message.attempts + 1
    const dueAt = Date.now() + delaySeconds * 1_000
    const isDead = attempts > MAX_RETRIES && !message.queue.endsWith("-dead")
    this.waiting.push(
      isDead
        ? { ...message, queue: deadLetterQueue(message.queue), dueAt, attempts: 0 }
        : { ...message, dueAt, attempts },
    )
  }

  nextDueAt = () => (this.waiting.length > 0 ? Math.min(...this.waiting.map(({ dueAt }) => dueAt)) : undefined)
}

/** Both lanes of a queue have one. */
const deadLetterQueue = (queue: string) => `${queue.replace(/-bulk$/, "")}-dead`
