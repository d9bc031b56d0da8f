import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { LEASE_MS, MISCONFIGURED_EVENT_DELAY_MS, RETRY_DELAYS_MS } from "../../runtime/backoff"
import { MisconfiguredError } from "../../runtime/errors"
import { errorName, log } from "../../runtime/log"
import type { EventSource } from "../../runtime/queue-messages"
import { enqueueEvent, enqueueInBulkLane } from "./enqueue"
import * as queries from "./queries"
import { attemptNumber, type EventResult, type SignalSource } from "./source"

/** With RETRY_DELAYS_MS, attempts that throw take almost two days. */
const MAX_ATTEMPTS = 12

type Later = Extract<EventResult, { kind: "later" }>
type BeyondShare = Extract<EventResult, { kind: "beyond_share" }>

/**
 * Processes a stored event.
 *
 * 1. Claim the event. A duplicate message finds nothing to claim. If the worker dies, the lease expires and the sweep
 *    enqueues the event again.
 * 2. Let its source process it. If a variable is missing or not usable, postpone the event until it is corrected. If
 *    anything else is thrown, postpone the event and throw on, so that the queue retries too.
 * 3. Finish the event and log the result, or postpone the event if the result is `later`, or move it to the bulk lane if
 *    the result is `beyond_share`.
 */
export async function handleEvent(
  deps: Deps,
  sources: Record<EventSource, SignalSource>,
  { eventId }: { eventId: number },
): Promise<void> {
  const [event] = await queries.claimEvent(deps.db, { id: eventId, now: deps.now(), leaseMs: LEASE_MS.event })
  if (!event) return
  const result = await processEvent(deps, sources[event.source], event).catch(async (error: unknown) =>
    error instanceof MisconfiguredError ? error : postponeAndRethrow(deps, event, error),
  )
  if (result instanceof MisconfiguredError) return waitForVariable(deps, event, result)
  if (result.kind === "later") return postpone(deps, event, result)
  if (result.kind === "beyond_share") return moveToBulkLane(deps, event, result)
  const { kind, status, reason, logFields } = result
  if (kind === "done") await queries.finishEvent(deps.db, { id: eventId, status, reason, now: deps.now() })
  log({
    event: status === "failed" ? "signal_failed" : "signal_processed",
    signal_id: eventId,
    source: event.source,
    reason,
    ...logFields,
  })
}

async function processEvent(deps: Deps, source: SignalSource, event: SignalEvent): Promise<EventResult> {
  if (attemptNumber(event) > MAX_ATTEMPTS) return { kind: "done", status: "failed", reason: "given_up" }
  const signal = source.parse(event.body)
  if (signal === undefined) return { kind: "done", status: "failed", reason: "not_understood" }
  return source.process(deps, { event, signal })
}

async function postpone(deps: Deps, event: SignalEvent, { dueAt, reason, isWait }: Later): Promise<void> {
  const { id: eventId, source, orgId } = event
  await queries.postponeEvent(deps.db, { id: eventId, reason, dueAt, isWait })
  await enqueueEvent(deps, { source, eventId, orgId, delayMs: dueAt - deps.now() })
}

async function moveToBulkLane(deps: Deps, { id: eventId, source }: SignalEvent, { orgId }: BeyondShare): Promise<void> {
  await queries.returnEvent(deps.db, { id: eventId, orgId, now: deps.now() })
  await enqueueInBulkLane(deps, { source, eventId })
}

/** Without an end, since the sender has got its 200 and will not send the event again. */
async function waitForVariable(deps: Deps, event: SignalEvent, { message: reason }: MisconfiguredError): Promise<void> {
  log({ event: "misconfigured", signal_id: event.id, source: event.source, reason })
  await postpone(deps, event, {
    kind: "later",
    dueAt: deps.now() + MISCONFIGURED_EVENT_DELAY_MS,
    reason,
    isWait: true,
  })
}

async function postponeAndRethrow(deps: Deps, event: SignalEvent, error: unknown): Promise<never> {
  const delayMs = RETRY_DELAYS_MS[Math.min(attemptNumber(event), RETRY_DELAYS_MS.length) - 1] ?? 0
  await queries.postponeEvent(deps.db, { id: event.id, reason: errorName(error), dueAt: deps.now() + delayMs })
  throw error
}
