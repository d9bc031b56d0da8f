import { evictMembers } from "../auth/membership"
import { commitAndRead } from "../db/client"
import type { Deps } from "../deps"
import type { ForwardedCredentials } from "../runtime/platform"
import { optionalBackend, type CopiedSwitches } from "./backend"
import * as queries from "./queries"
import type { Preferences, PreferencesChange } from "./schemas"
import { toPreferences, toSwitches } from "./switches"

type Member = { orgUserId: number; userId: string }

export const getPreferences = async ({ db }: Deps, { orgUserId }: Pick<Member, "orgUserId">): Promise<Preferences> =>
  toPreferences(await queries.selectPreferences(db, { orgUserId }))

/**
 * Changes the named settings and returns all. One round trip. Dalgo's backend, where there is one, is handed the switches
 * that it has a copy of, if the person asks for the change: a server has no credentials for it.
 */
export async function changePreferences(
  { db, config, now }: Deps,
  {
    orgUserId,
    userId,
    change,
    credentials,
  }: Member & { change: PreferencesChange; credentials?: ForwardedCredentials | undefined },
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
  const copied = toCopiedSwitches(change)
  if (credentials && copied) await optionalBackend(config)?.copySwitches(credentials, copied)
  return toPreferences(stored)
}

function toCopiedSwitches({
  email_notifications_enabled: email,
  schema_change_notifications: schemaChange,
}: PreferencesChange): CopiedSwitches | undefined {
  if (email === undefined && schemaChange === undefined) return undefined
  return {
    ...(email !== undefined && { enable_email_notifications: email }),
    ...(schemaChange !== undefined && { enable_schema_change_notifications: schemaChange }),
  }
}
