import { and, eq, isNotNull, isNull, type SQL, sql } from "drizzle-orm"
import type { Category } from "../domain/categories"
import { DEFAULT_TIME_ZONE } from "../domain/time"
import type { Db } from "../db/client"
import { inList, notInList } from "../db/in-list"
import { insertSelect } from "../db/insert-select"
import { notifications, orgPreferences, orgs, orgUsers, userNotificationPreferences } from "../db/schema"
import type { Member } from "./schemas"

/** What a publisher must know about an organisation. */
export const ORG_SETTINGS_COLUMNS = {
  id: orgs.id,
  slug: orgs.slug,
  name: orgs.name,
  timezone: orgs.timezone,
  llmOptin: orgPreferences.llmOptin,
  urgentCategories: orgPreferences.urgentCategories,
}

/** The organisations with these slugs, each with its settings. */
export const selectOrgsBySlugs = (db: Db, { slugs }: { slugs: string[] }) =>
  db
    .select(ORG_SETTINGS_COLUMNS)
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(inList(orgs.slug, slugs))

// The following statements find the organisation by its slug, and change nothing if there is none.

const REMOVED_MEMBER_COLUMNS = { orgUserId: orgUsers.id, userId: orgUsers.userId }

const orgIdOf = (slug: string): SQL => sql`(SELECT o.id FROM ${orgs} o WHERE o.slug = ${slug})`

/** A `timezone` that is `undefined` stays as it is; `null` is the default. */
export function upsertOrg(
  db: Db,
  { slug, name, timezone }: { slug: string; name: string; timezone: string | null | undefined },
) {
  const changes = { name, timezone: timezone === undefined ? orgs.timezone : sql`excluded.timezone` }
  return db
    .insert(orgs)
    .values({ slug, name, timezone: timezone ?? DEFAULT_TIME_ZONE })
    .onConflictDoUpdate({
      target: orgs.slug,
      set: changes,
      setWhere: sql`(${orgs.name}, ${orgs.timezone}) IS NOT (excluded.name, ${changes.timezone})`,
    })
}

type OrgPreferencesChange = { llmOptin?: boolean | null | undefined; urgentCategories?: Category[] | null | undefined }

/** A setting that is `undefined` stays as it is. */
export function upsertOrgPreferences(
  db: Db,
  { slug, llmOptin, urgentCategories, now }: { slug: string; now: number } & OrgPreferencesChange,
) {
  const at = new Date(now).toISOString()
  const changes = {
    llmOptin: llmOptin === undefined ? orgPreferences.llmOptin : sql`excluded.llm_optin`,
    urgentCategories:
      urgentCategories === undefined ? orgPreferences.urgentCategories : sql`excluded.urgent_categories`,
  }
  return insertSelect(db, orgPreferences, {
    values: {
      orgId: sql`o.id`,
      llmOptin: llmOptin ?? null,
      urgentCategories: urgentCategories ?? null,
      createdAt: at,
      updatedAt: at,
    },
    from: sql`${orgs} o WHERE o.slug = ${slug}`,
  }).onConflictDoUpdate({
    target: orgPreferences.orgId,
    set: { ...changes, updatedAt: at },
    setWhere: sql`(${orgPreferences.llmOptin}, ${orgPreferences.urgentCategories})
      IS NOT (${changes.llmOptin}, ${changes.urgentCategories})`,
  })
}

/** The number of these people who are members. A join would read the whole list for each member; `IN` does not. */
export const selectMemberCount = (db: Db, { slug, userIds }: { slug: string; userIds: string[] }) =>
  db
    .select({ count: sql<number>`count(*)`.as("count") })
    .from(orgUsers)
    .where(and(eq(orgUsers.orgId, orgIdOf(slug)), inList(orgUsers.userId, userIds), isNull(orgUsers.removedAt)))

const memberRows = (members: Member[]) =>
  JSON.stringify(members.map((m) => [m.user_id, m.email, m.role, m.name || null]))

/**
 * An opt-out by a bounce or a complaint belongs to an address, so it ends when a member's address changes. The
 * `CROSS JOIN` makes SQLite read the list once; otherwise it would read the list for each member.
 */
export const deleteEmailOptOuts = (db: Db, { slug, members }: { slug: string; members: Member[] }) =>
  db.delete(userNotificationPreferences).where(
    and(
      sql`${userNotificationPreferences.orgUserId} IN (
        SELECT existing.id FROM json_each(${memberRows(members)}) person
        CROSS JOIN ${orgUsers} existing ON existing.org_id = ${orgIdOf(slug)} AND existing.user_id = person.value ->> 0
        WHERE existing.email <> person.value ->> 1
      )`,
      eq(userNotificationPreferences.category, "all"),
      eq(userNotificationPreferences.channel, "email"),
      isNotNull(userNotificationPreferences.reason),
    ),
  )

/** Adds members, and updates those whose row differs. Returns the people whose row was written. */
export function upsertMembers(db: Db, { slug, members }: { slug: string; members: Member[] }) {
  return insertSelect(db, orgUsers, {
    values: {
      orgId: sql`o.id`,
      userId: sql`person.value ->> 0`,
      email: sql`person.value ->> 1`,
      role: sql`person.value ->> 2`,
      name: sql`person.value ->> 3`,
    },
    from: sql`${orgs} o, json_each(${memberRows(members)}) person WHERE o.slug = ${slug}`,
  })
    .onConflictDoUpdate({
      target: [orgUsers.orgId, orgUsers.userId],
      set: { email: sql`excluded.email`, role: sql`excluded.role`, name: sql`excluded.name`, removedAt: null },
      setWhere: sql`${orgUsers.removedAt} IS NOT NULL
        OR (${orgUsers.email}, ${orgUsers.role}, ${orgUsers.name}) IS NOT (excluded.email, excluded.role, excluded.name)`,
    })
    .returning({ userId: orgUsers.userId })
}

/** Removes all members except these people. */
export const markOthersRemoved = (db: Db, { slug, userIds, now }: { slug: string; userIds: string[]; now: number }) =>
  db
    .update(orgUsers)
    .set({ removedAt: now })
    .where(and(eq(orgUsers.orgId, orgIdOf(slug)), isNull(orgUsers.removedAt), notInList(orgUsers.userId, userIds)))
    .returning(REMOVED_MEMBER_COLUMNS)

export const markMemberRemoved = (db: Db, { slug, userId, now }: { slug: string; userId: string; now: number }) =>
  db
    .update(orgUsers)
    .set({ removedAt: now })
    .where(and(eq(orgUsers.orgId, orgIdOf(slug)), eq(orgUsers.userId, userId), isNull(orgUsers.removedAt)))
    .returning(REMOVED_MEMBER_COLUMNS)

/**
 * Deletes what former members of this organisation have scheduled, here or, if they are no super-admin elsewhere, for
 * several organisations. It looks only at what is scheduled, which is limited for each organisation.
 */
export const deleteScheduledByFormer = (db: Db, { slug }: { slug: string }) =>
  db
    .delete(notifications)
    .where(sql`id IN (
      SELECT n.id FROM ${notifications} n
      CROSS JOIN ${orgUsers} former ON former.org_id = ${orgIdOf(slug)}
        AND former.user_id = substr(n.created_by, length('person:') + 1) AND former.removed_at IS NOT NULL
      WHERE n.due_at IS NOT NULL AND n.sent_at IS NULL AND n.created_by GLOB 'person:*'
        AND coalesce(n.org_id, 0) IN (${orgIdOf(slug)}, 0)
        AND (n.org_id IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM ${orgUsers} elsewhere
          WHERE elsewhere.user_id = former.user_id AND elsewhere.removed_at IS NULL AND elsewhere.role = 'super-admin'
        ))
    )`)
    .returning({ id: notifications.id, orgId: notifications.orgId })
