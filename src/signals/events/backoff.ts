import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { errorName } from "../../runtime/log"
import * as queries from "./queries"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How long after each try that threw; after the last of these, as long again. */
const RETRY_DELAYS_MS = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR]
/** An event is given up on that was begun this often, for which tries that throw take almost two days. */
export const MAX_ATTEMPTS = 12

/** Puts off an event whose try threw, longer each time, and throws on. Nobody need wait for the lease of that try. */
export const postponeOnError =
  (deps: Deps, { id, attempts }: SignalEvent) =>
  async (error: unknown): Promise<never> => {
    const wait = RETRY_DELAYS_MS[Math.min(attempts, RETRY_DELAYS_MS.length) - 1] ?? 0
    await queries.postponeEvent(deps.db, { id, reason: errorName(error), dueAt: deps.now() + wait })
    throw error
  }
