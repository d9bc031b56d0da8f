import { eq, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { orgUsers, switches } from "../db/schema"
import type { Switch } from "./decide"

export const switchesOf = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      category: switches.category,
      channel: switches.channel,
      enabled: switches.enabled,
    })
    .from(switches)
    .where(eq(switches.orgUserId, orgUserId))

/** Sets these switches; `changedAt` moves only where something really changed. */
export const setSwitches = (
  db: Db,
  { orgUserId, switches: wanted, now }: { orgUserId: number; switches: Omit<Switch, "changedAt">[]; now: number },
) =>
  db
    .insert(switches)
    .select(sql`
      SELECT ${orgUserId}, one.value ->> 'category', one.value ->> 'channel', one.value ->> 'enabled', ${now}
      FROM ${orgUsers} person, json_each(${JSON.stringify(wanted)}) one WHERE person.id = ${orgUserId}
    `)
    .onConflictDoUpdate({
      target: [switches.orgUserId, switches.category, switches.channel],
      set: { enabled: sql`excluded.enabled`, changedAt: now },
      setWhere: sql`${switches.enabled} <> excluded.enabled`,
    })
