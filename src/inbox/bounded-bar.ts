import type { UrgentBarRpc } from "../deps"
import { withTimeLimit } from "../runtime/time-limit"

/** A reader waits this long for the object. The database has the bar too. */
const READ_LIMIT_MS = 1_000
/** A request, or the consumer of a queue, waits this long. The alarm of the object makes up for what was lost. */
const UPDATE_LIMIT_MS = 3_000

/**
 * The object's methods with a limit on how long a caller waits: a slow object must not hold up what works without it. A
 * call that took too long rejects, and may still take effect.
 */
export const boundedBar = (bar: UrgentBarRpc): UrgentBarRpc => ({
  bar: (orgUserId) => withTimeLimit(READ_LIMIT_MS, bar.bar(orgUserId)),
  arrived: (arrival) => withTimeLimit(UPDATE_LIMIT_MS, bar.arrived(arrival)),
  changed: (people) => withTimeLimit(UPDATE_LIMIT_MS, bar.changed(people)),
  itemUpdated: (item) => withTimeLimit(UPDATE_LIMIT_MS, bar.itemUpdated(item)),
  removed: (people) => withTimeLimit(UPDATE_LIMIT_MS, bar.removed(people)),
  fetch: (request) => bar.fetch(request),
})
