import { evictMembers } from "../auth/membership"
import { commitAndRead } from "../db/client"
import type { Deps } from "../deps"
import * as queries from "./queries"
import type { Preferences, PreferencesChange } from "./schemas"
import { toPreferences, toSwitches } from "./switches"

type Member = { orgUserId: number; userId: string }

export const getPreferences = async ({ db }: Deps, { orgUserId }: Pick<Member, "orgUserId">): Promise<Preferences> =>
  toPreferences(await queries.selectPreferences(db, { orgUserId }))

/** Changes the named settings and returns all. One round trip. */
export async function changePreferences(
  { db, now }: Deps,
  { orgUserId, userId, change }: Member & { change: PreferencesChange },
): Promise<Preferences> {
  const { timezone } = change
  const switches = toSwitches(change)
  const stored = await commitAndRead(
    db,
    [
      ...(switches.length > 0 ? [queries.upsertSwitches(db, { orgUserId, switches, now: now() })] : []),
      ...(timezone === undefined ? [] : [queries.updateTimezone(db, { orgUserId, timezone })]),
    ],
    queries.selectPreferences(db, { orgUserId }),
  )
  // The cached membership has the zone in which the person reads times.
  if (timezone !== undefined) evictMembers([userId])
  return toPreferences(stored)
}
