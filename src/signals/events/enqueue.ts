import type { Deps } from "../../deps"
import { MAX_DELAY_MS } from "../../runtime/backoff"
import { errorName, log } from "../../runtime/log"
import type { EventSource } from "../../runtime/queue-messages"

/** Enqueues the message of an event that is stored. If the message is lost, the sweep finds the row at its `due_at`. */
export async function enqueueEvent(
  deps: Deps,
  { source, eventId, delayMs = 0 }: { source: EventSource; eventId: number; delayMs?: number },
): Promise<void> {
  const delaySeconds = Math.ceil(Math.min(Math.max(delayMs, 0), MAX_DELAY_MS) / 1000)
  await deps.signals.send({ kind: source, eventId }, { delaySeconds }).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: eventId, reason: errorName(error) })
  })
}
