import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { log } from "../../runtime/log"
import { MAX_ATTEMPTS, postponeOnError } from "./backoff"
import * as queries from "./queries"

/** Longer than making something of an event can take. */
const LEASE_MS = 2 * 60_000

export type EventResult = { status: SignalEvent["status"]; reason: string }
const GIVEN_UP: EventResult = { status: "failed", reason: "given_up" }

/**
 * Lets `understand` make of a stored event what it means, one at a time; where it throws, or its worker dies, it is
 * asked again.
 *
 * 1. Claim the event.
 * 2. Understand it.
 * 3. Record what became of it, and say so in the log.
 */
export async function handleEvent(
  deps: Deps,
  { eventId }: { eventId: number },
  understand: (event: SignalEvent) => Promise<EventResult>,
): Promise<void> {
  const { db } = deps
  const [event] = await queries.claimEvent(db, { id: eventId, now: deps.now(), leaseMs: LEASE_MS })
  if (!event) return
  const work = async () => (event.attempts > MAX_ATTEMPTS ? GIVEN_UP : understand(event))
  const result = await work().catch(postponeOnError(deps, event))
  await queries.finishEvent(db, { id: eventId, ...result, now: deps.now() })
  log({
    event: result.status === "failed" ? "signal_failed" : "signal_processed",
    signal_id: eventId,
    source: event.source,
    reason: result.reason,
  })
}
