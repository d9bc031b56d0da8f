import type { Deps } from "../../deps"
import { SWEEP_AFTER_MS } from "../../runtime/backoff"
import { log } from "../../runtime/log"
import type { EventSource } from "../../runtime/queue-messages"
import { enqueueEvent, enqueueEvents } from "./enqueue"
import * as queries from "./queries"

/** An event as it came. */
export type IncomingEvent = {
  source: EventSource
  body: string
  isReadable: boolean
  /** The sender's own id of the event. A second event with the same id is not stored. */
  dedupeKey?: string | undefined
  /** Slugs in the body that may name its organisation, the likeliest first. Some may be no slugs at all. */
  orgSlugs?: string[]
}

export type ReceiveResult = "received" | "duplicate" | "not_understood"

/**
 * Takes an event from outside. The answer to its sender must wait for this.
 *
 * 1. Store the body as it came. An unreadable body is stored too, as `not_understood`, and is not processed.
 * 2. Enqueue the event. The consumer does the rest.
 */
export async function receiveEvent(deps: Deps, incoming: IncomingEvent): Promise<ReceiveResult> {
  const { source, body, isReadable, dedupeKey, orgSlugs = [] } = incoming
  const now = deps.now()
  const [event] = await queries.insertEvent(deps.db, {
    source,
    body,
    status: isReadable ? "received" : "not_understood",
    dedupeKey,
    orgSlugs,
    now,
    dueAt: isReadable ? now + SWEEP_AFTER_MS : null,
  })
  if (!isReadable) {
    log({ event: "signal_not_understood", source, reason: "unknown form", ...(event && { signal_id: event.id }) })
    return "not_understood"
  }
  if (!event) return "duplicate"
  await enqueueEvent(deps, { source, eventId: event.id, orgId: event.orgId })
  return "received"
}

/** As `receiveEvent`, for a message that tells of several events: each is stored by itself, all in one statement. */
export async function receiveEvents(
  deps: Deps,
  { source, events }: { source: EventSource; events: { body: string; orgSlugs: string[] }[] },
): Promise<void> {
  const now = deps.now()
  const stored = await queries.insertEvents(deps.db, { source, events, dueAt: now + SWEEP_AFTER_MS, now })
  await enqueueEvents(
    deps,
    stored.map(({ id: eventId, orgId }) => ({ source, eventId, orgId })),
  )
}
