import { eq, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { orgUsers, userPreferences } from "../db/schema"
import type { Switch } from "./decide"

export const switchesOf = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      category: userPreferences.category,
      channel: userPreferences.channel,
      enabled: userPreferences.enabled,
    })
    .from(userPreferences)
    .where(eq(userPreferences.orgUserId, orgUserId))

/** Sets these switches; `changedAt` moves only where something really changed. */
export const setSwitches = (
  db: Db,
  { orgUserId, switches, now }: { orgUserId: number; switches: Omit<Switch, "changedAt">[]; now: number },
) =>
  db
    .insert(userPreferences)
    .select(sql`
      SELECT ${orgUserId}, one.value ->> 'category', one.value ->> 'channel', one.value ->> 'enabled', ${now}
      FROM ${orgUsers} person, json_each(${JSON.stringify(switches)}) one WHERE person.id = ${orgUserId}
    `)
    .onConflictDoUpdate({
      target: [userPreferences.orgUserId, userPreferences.category, userPreferences.channel],
      set: { enabled: sql`excluded.enabled`, changedAt: now },
      setWhere: sql`${userPreferences.enabled} <> excluded.enabled`,
    })
