import type { Deps } from "../deps"
import * as queries from "./queries"
import type { Preferences, PreferencesChange } from "./schemas"
import { toPreferences, toSwitches } from "./switches"

export const getPreferences = async (deps: Deps, { orgUserId }: { orgUserId: number }): Promise<Preferences> =>
  toPreferences(await queries.selectSwitches(deps.db, { orgUserId }))

/** Changes the named settings and returns all. */
export async function changePreferences(
  deps: Deps,
  { orgUserId, change }: { orgUserId: number; change: PreferencesChange },
): Promise<Preferences> {
  const switches = toSwitches(change)
  if (switches.length === 0) return getPreferences(deps, { orgUserId })
  const [, stored] = await deps.db.batch([
    queries.upsertSwitches(deps.db, { orgUserId, switches, now: deps.now() }),
    queries.selectSwitches(deps.db, { orgUserId }),
  ])
  return toPreferences(stored)
}
