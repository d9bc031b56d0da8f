import { and, eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { insertSelect } from "../db/insert-select"
import {
  erasures,
  notifications,
  orgs,
  orgUsers,
  pushSubscriptions,
  userNotificationPreferences,
  userPreferences,
} from "../db/schema"

type PersonKey = { slug: string; userId: string }

/** A subquery: the membership, current or former. */
const membership = (column: "id" | "email", { slug, userId }: PersonKey): SQL => sql`(
  SELECT person.${sql.raw(column)} FROM ${orgs} o CROSS JOIN ${orgUsers} person
  ON person.org_id = o.id AND person.user_id = ${userId} WHERE o.slug = ${slug}
)`

/** Records the request, with what is to be found in other rows. A person about whom nothing is left is not recorded again. */
export const upsertErasure = (db: Db, { slug, userId, now }: PersonKey & { now: number }) =>
  insertSelect(db, erasures, {
    values: {
      orgUserId: sql`person.id`,
      requestedAt: now,
      address: sql`nullif(person.email, '')`,
      name: sql`person.name`,
    },
    from: sql`${orgUsers} person WHERE person.id = ${membership("id", { slug, userId })}`,
  }).onConflictDoUpdate({
    target: erasures.orgUserId,
    set: {
      requestedAt: now,
      doneAt: null,
      address: sql`coalesce(excluded.address, ${erasures.address})`,
      name: sql`coalesce(excluded.name, ${erasures.name})`,
      eventsUpTo: 0,
    },
    setWhere: sql`excluded.address IS NOT NULL OR excluded.name IS NOT NULL`,
  })

/**
 * Nobody else has this address: in the organisation of `n`, or in any if `n` spans organisations. Current and former members
 * have an index each.
 */
export const nobodyElseHas = (address: SQL, orgUserId: SQL): SQL => {
  const other = (condition: SQL) => sql`NOT EXISTS (
    SELECT 1 FROM ${orgUsers} other
    WHERE other.email = ${address} AND ${condition} AND other.id <> ${orgUserId}
      AND (n.org_id IS NULL OR other.org_id = n.org_id)
  )`
  return sql`(${other(sql`other.removed_at IS NULL`)} AND ${other(sql`other.removed_at IS NOT NULL`)})`
}

/** Deletes what is scheduled for this person alone. */
export const deleteScheduledFor = (db: Db, person: PersonKey) => {
  const address = membership("email", person)
  return db.delete(notifications).where(
    sql`id IN (
      SELECT n.id FROM ${notifications} n
      WHERE n.due_at IS NOT NULL AND n.sent_at IS NULL
        AND coalesce(n.org_id, 0) IN ((SELECT o.id FROM ${orgs} o WHERE o.slug = ${person.slug}), 0)
        AND n.audience ->> 'kind' = 'email' AND n.audience ->> 'email' = nullif(${address}, '')
        AND ${nobodyElseHas(sql`n.audience ->> 'email'`, membership("id", person))}
    )`,
  )
}

export const deleteSwitches = (db: Db, person: PersonKey) =>
  db
    .delete(userNotificationPreferences)
    .where(sql`${userNotificationPreferences.orgUserId} = ${membership("id", person)}`)

export const deleteWebAppPreferences = (db: Db, person: PersonKey) =>
  db.delete(userPreferences).where(sql`${userPreferences.orgUserId} = ${membership("id", person)}`)

export const deleteDevices = (db: Db, person: PersonKey) =>
  db.delete(pushSubscriptions).where(sql`${pushSubscriptions.orgUserId} = ${membership("id", person)}`)

/** Ends the membership and blanks the row. The platform's id stays, so that the request can be repeated. */
export const blankMember = (db: Db, { slug, userId, now }: PersonKey & { now: number }) =>
  db
    .update(orgUsers)
    .set({
      email: "",
      name: null,
      timezone: null,
      role: "member",
      removedAt: sql`coalesce(${orgUsers.removedAt}, ${now})`,
    })
    .where(
      sql`${orgUsers.id} = ${membership("id", { slug, userId })} AND (
        ${orgUsers.email} <> '' OR ${orgUsers.name} IS NOT NULL OR ${orgUsers.timezone} IS NOT NULL
        OR ${orgUsers.removedAt} IS NULL
      )`,
    )

export const selectMembershipId = (db: Db, { slug, userId }: PersonKey) =>
  db
    .select({ orgUserId: sql<number>`${orgUsers.id}`.as("org_user_id") })
    .from(orgUsers)
    .where(
      and(eq(orgUsers.userId, userId), sql`${orgUsers.orgId} = (SELECT o.id FROM ${orgs} o WHERE o.slug = ${slug})`),
    )
