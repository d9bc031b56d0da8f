import type { Deps } from "../../deps"
import { SWEEP_AFTER_MS } from "../../runtime/backoff"
import { errorName, log } from "../../runtime/log"
import * as queries from "../events/queries"
import { eventIdOf, parseEmailFeedback } from "./interpret"

/** Keeps what was said of a mail, and hints the queue, which does the rest. `false`: it is kept, but not understood. */
export async function receiveEmailFeedback(
  deps: Deps,
  { body, dedupeKey }: { body: string; dedupeKey: string | undefined },
): Promise<boolean> {
  const now = deps.now()
  const said = { source: "mail_event" as const, body, now, ...(dedupeKey && { dedupeKey }) }
  if (!parseEmailFeedback(body)) {
    const [kept] = await queries.insertNotUnderstood(deps.db, said)
    log({ event: "signal_not_understood", source: "mail_event", ...(kept && { signal_id: kept.id }) })
    return false
  }
  const [event] = await queries.insertEvent(deps.db, { ...said, dueAt: now + SWEEP_AFTER_MS })
  // It was said before.
  if (!event) return true
  await deps.signals.send({ kind: "mail_event", eventId: event.id }).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: event.id, reason: errorName(error) })
  })
  return true
}

/** The same of what Email Service put on a queue, once, however often it comes. */
export function receiveQueuedFeedback(deps: Deps, { id, body: said }: Message): Promise<boolean> {
  const body = typeof said === "string" ? said : (JSON.stringify(said) ?? "")
  const eventId = eventIdOf(body)
  return receiveEmailFeedback(deps, { body, dedupeKey: eventId ? `cloudflare:${eventId}` : `queue:${id}` })
}

const RETRY_SECONDS = 60
const MAX_RETRY_SECONDS = 3_600

/** Takes what Cloudflare's Email Service puts on our queue. There is nobody to whom it could be refused. */
export async function consumeEmailEvents(deps: Deps, batch: MessageBatch): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await receiveQueuedFeedback(deps, message)
        message.ack()
      } catch (error) {
        log({ event: "queue_message_retried", queue: batch.queue, reason: errorName(error) })
        message.retry({ delaySeconds: Math.min(RETRY_SECONDS * message.attempts, MAX_RETRY_SECONDS) })
      }
    }),
  )
}
