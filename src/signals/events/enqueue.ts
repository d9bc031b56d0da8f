import type { Deps } from "../../deps"
import { MAX_DELAY_MS } from "../../runtime/backoff"
import { errorName, log } from "../../runtime/log"
import { sendSignals } from "../../runtime/queue-lanes"
import type { EventSource } from "../../runtime/queue-messages"

type StoredEvent = { source: EventSource; eventId: number; orgId: number | null }

/**
 * In whose share of the queue an event goes. An event of Prefect's without an organisation takes the normal lane, since
 * its organisation is known once it is processed. All others without one share one share.
 */
export const shareOf = ({ source, orgId }: Pick<StoredEvent, "source" | "orgId">): number | undefined =>
  orgId ?? (source === "prefect" ? undefined : 0)

/** Enqueues the message of an event that is stored. If the message is lost, the sweep finds the row at its `due_at`. */
export async function enqueueEvent(
  deps: Deps,
  { source, eventId, orgId, delayMs = 0 }: StoredEvent & { delayMs?: number },
): Promise<void> {
  const delaySeconds = Math.ceil(Math.min(Math.max(delayMs, 0), MAX_DELAY_MS) / 1000)
  const message = { body: { kind: source, eventId }, orgId: shareOf({ source, orgId }) }
  await sendSignals(deps, [message], { delaySeconds }).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: eventId, reason: errorName(error) })
  })
}

/** Enqueues an event of an organisation that has used up its share. */
export async function enqueueInBulkLane(
  deps: Deps,
  { source, eventId }: { source: EventSource; eventId: number },
): Promise<void> {
  await deps.signalsBulk.send({ kind: source, eventId }).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals-bulk", signal_id: eventId, reason: errorName(error) })
  })
}

/** As `enqueueEvent`, for several events that are due now. */
export async function enqueueEvents(deps: Deps, events: StoredEvent[]): Promise<void> {
  const messages = events.map(({ source, eventId, orgId }) => ({
    body: { kind: source, eventId },
    orgId: shareOf({ source, orgId }),
  }))
  await sendSignals(deps, messages).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", count: events.length, reason: errorName(error) })
  })
}
