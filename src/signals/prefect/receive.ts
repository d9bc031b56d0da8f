import type { Deps } from "../../deps"
import { errorName, log } from "../../runtime/log"
import { notUnderstood } from "../events/not-understood"
import * as queries from "../events/queries"
import { parseBody } from "./parse/body"

/** When the sweep takes an event whose hint was lost. */
const SWEEP_AFTER_MS = 30_000

/**
 * Takes what Prefect sent. It is stored before anything else; what cannot be read is kept and refused.
 *
 * 1. Store it.
 * 2. Hint the queue, which does the rest.
 */
export async function receivePrefectEvent(deps: Deps, { body }: { body: string }): Promise<void> {
  const now = deps.now()
  if (!parseBody(body)) {
    const [kept] = await queries.insertNotUnderstood(deps.db, { source: "prefect", body, now })
    log({ event: "signal_not_understood", source: "prefect", ...(kept && { signal_id: kept.id }) })
    throw notUnderstood()
  }
  const [event] = await queries.insertEvent(deps.db, { source: "prefect", body, now, dueAt: now + SWEEP_AFTER_MS })
  if (!event) throw new Error("an event was not stored")
  await deps.signals.send({ kind: "prefect", eventId: event.id }).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: event.id, reason: errorName(error) })
  })
}
