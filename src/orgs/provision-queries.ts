import { and, eq, isNotNull, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { insertSelect } from "../db/insert-select"
import { orgs, orgUsers, platformLookups, userNotificationPreferences } from "../db/schema"
import type { PlatformMembership } from "./platform-answer"

/**
 * Claims the look-up of a person: returns a row unless the platform was asked about them recently, or `limit` times since
 * `countedFrom` in all. `leaseUntil`: when another request may take over from one that was stopped halfway.
 */
export function claimLookup(
  db: Db,
  claim: { userId: string; now: number; leaseUntil: number; countedFrom: number; limit: number },
) {
  const { userId, now, leaseUntil, countedFrom, limit } = claim
  const asked = sql`(SELECT count(*) FROM ${platformLookups} p WHERE p.asked_at > ${countedFrom})`
  return insertSelect(db, platformLookups, {
    values: { userId, askedAt: now, askAgainAt: leaseUntil, outcome: null },
    from: sql`(SELECT 1) WHERE ${asked} < ${limit}`,
  })
    .onConflictDoUpdate({
      target: platformLookups.userId,
      set: { askedAt: sql`excluded.asked_at`, askAgainAt: sql`excluded.ask_again_at`, outcome: null },
      setWhere: sql`${platformLookups.askAgainAt} <= ${now}`,
    })
    .returning({ userId: platformLookups.userId })
}

export const selectLookup = (db: Db, { userId }: { userId: string }) =>
  db.select().from(platformLookups).where(eq(platformLookups.userId, userId))

type Settled = { userId: string; outcome: "answered" | "failed"; askAgainAt: number }

export const updateLookup = (db: Db, { userId, outcome, askAgainAt }: Settled) =>
  db.update(platformLookups).set({ outcome, askAgainAt }).where(eq(platformLookups.userId, userId))

/** At most 100 rows. */
export const deleteOldLookups = (db: Db, { before }: { before: number }) =>
  db
    .delete(platformLookups)
    .where(
      sql`${platformLookups.userId} IN (SELECT p.user_id FROM ${platformLookups} p WHERE p.asked_at < ${before} LIMIT 100)`,
    )

const rows = (memberships: PlatformMembership[]) =>
  sql`json_each(${JSON.stringify(memberships.map((m) => [m.slug, m.email, m.role]))}) entry`

/** An organisation that exists stays as it is. */
export const insertMissingOrg = (db: Db, { slug, orgName: name }: PlatformMembership) =>
  db.insert(orgs).values({ slug, name }).onConflictDoNothing({ target: orgs.slug })

type Person = { userId: string; memberships: PlatformMembership[] }

/** As `deleteEmailOptOuts` of a list of members, for one person. */
export const deleteEmailOptOutsOf = (db: Db, { userId, memberships }: Person) =>
  db.delete(userNotificationPreferences).where(
    and(
      sql`${userNotificationPreferences.orgUserId} IN (
        SELECT existing.id FROM ${rows(memberships)} CROSS JOIN ${orgs} o ON o.slug = entry.value ->> 0
        CROSS JOIN ${orgUsers} existing ON existing.org_id = o.id AND existing.user_id = ${userId}
        WHERE existing.removed_at IS NULL AND existing.email <> entry.value ->> 1
      )`,
      eq(userNotificationPreferences.category, "all"),
      eq(userNotificationPreferences.channel, "email"),
      isNotNull(userNotificationPreferences.reason),
    ),
  )

/** A role that is unknown here changes no role that a person has. */
const roleOf = (userId: string) => sql`coalesce(
  entry.value ->> 2,
  (SELECT known.role FROM ${orgUsers} known WHERE known.org_id = o.id AND known.user_id = ${userId}),
  'member'
)`

/**
 * Adds memberships, and updates address and role of those that differ. Returns the rows that were written. A membership
 * that ended stays ended: whoever removed the person by provisioning also adds them by it.
 */
export const upsertMembershipsOf = (db: Db, { userId, memberships }: Person) =>
  insertSelect(db, orgUsers, {
    values: { orgId: sql`o.id`, userId, email: sql`entry.value ->> 1`, role: roleOf(userId) },
    from: sql`${rows(memberships)} CROSS JOIN ${orgs} o ON o.slug = entry.value ->> 0 WHERE true`,
  })
    .onConflictDoUpdate({
      target: [orgUsers.orgId, orgUsers.userId],
      set: { email: sql`excluded.email`, role: sql`excluded.role` },
      setWhere: sql`${orgUsers.removedAt} IS NULL
        AND (${orgUsers.email}, ${orgUsers.role}) IS NOT (excluded.email, excluded.role)`,
    })
    .returning({ orgId: orgUsers.orgId })
