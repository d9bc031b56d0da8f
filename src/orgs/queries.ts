import { and, eq, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm"
import type { Category } from "../domain/categories"
import type { Db } from "../db/client"
import { orgPreferences, orgs, orgUsers, userNotificationPreferences } from "../db/schema"
import type { Member } from "./schemas"

/** What there is to know before something is said to an organisation. */
export const ORG_SETTINGS_COLUMNS = {
  id: orgs.id,
  slug: orgs.slug,
  name: orgs.name,
  llmOptin: orgPreferences.llmOptin,
  urgentCategories: orgPreferences.urgentCategories,
}

/** Those of these organisations that exist, with what each decided about failures. */
export const selectOrgsBySlugs = (db: Db, { slugs }: { slugs: string[] }) =>
  db
    .select(ORG_SETTINGS_COLUMNS)
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(sql`${orgs.slug} IN (SELECT value FROM json_each(${JSON.stringify(slugs)}))`)

// Provisioning: each finds the organisation by its slug, and where there is none does nothing. ------------

const REMOVED_MEMBER_COLUMNS = { orgUserId: orgUsers.id, userId: orgUsers.userId }

const orgIdOf = (slug: string): SQL => sql`(SELECT o.id FROM ${orgs} o WHERE o.slug = ${slug})`

export const upsertOrg = (db: Db, { slug, name }: { slug: string; name: string }) =>
  db
    .insert(orgs)
    .values({ slug, name })
    .onConflictDoUpdate({ target: orgs.slug, set: { name }, setWhere: ne(orgs.name, name) })

type OrgPreferencesChange = { llmOptin?: boolean | null | undefined; urgentCategories?: Category[] | null | undefined }

/** What is `undefined` stays. */
export function upsertOrgPreferences(
  db: Db,
  { slug, llmOptin, urgentCategories, now }: { slug: string; now: number } & OrgPreferencesChange,
) {
  const at = new Date(now).toISOString()
  const optin = llmOptin === undefined || llmOptin === null ? null : Number(llmOptin)
  const urgent = urgentCategories ? JSON.stringify(urgentCategories) : null
  const changes = {
    llmOptin: llmOptin === undefined ? orgPreferences.llmOptin : sql`excluded.llm_optin`,
    urgentCategories:
      urgentCategories === undefined ? orgPreferences.urgentCategories : sql`excluded.urgent_categories`,
  }
  return db
    .insert(orgPreferences)
    .select(sql`
      SELECT NULL, o.id, ${optin}, ${urgent}, 0, NULL, ${at}, ${at}, 0, NULL, NULL, NULL, NULL, NULL
      FROM ${orgs} o WHERE o.slug = ${slug}
    `)
    .onConflictDoUpdate({
      target: orgPreferences.orgId,
      set: { ...changes, updatedAt: at },
      setWhere: sql`(${orgPreferences.llmOptin}, ${orgPreferences.urgentCategories})
        IS NOT (${changes.llmOptin}, ${changes.urgentCategories})`,
    })
}

/** How many of these people are members. An `IN`, since SQLite would join from the members, and read the list for each. */
export const selectMemberCount = (db: Db, { slug, userIds }: { slug: string; userIds: string[] }) =>
  db
    .select({ count: sql<number>`count(*)`.as("count") })
    .from(orgUsers)
    .where(
      and(
        eq(orgUsers.orgId, orgIdOf(slug)),
        sql`${orgUsers.userId} IN (SELECT value FROM json_each(${JSON.stringify(userIds)}))`,
        isNull(orgUsers.removedAt),
      ),
    )

const memberRows = (members: Member[]) =>
  JSON.stringify(members.map((m) => [m.user_id, m.email, m.role, m.name || null]))

/**
 * What a mailbox said is said of its address: who gets another one gets e-mail again. A `CROSS JOIN`, since
 * SQLite would join from the members, and read the list for each.
 */
export const deleteEmailOptOuts = (db: Db, { slug, members }: { slug: string; members: Member[] }) =>
  db.delete(userNotificationPreferences).where(
    and(
      sql`${userNotificationPreferences.orgUserId} IN (
        SELECT known.id FROM json_each(${memberRows(members)}) person
        CROSS JOIN ${orgUsers} known ON known.org_id = ${orgIdOf(slug)} AND known.user_id = person.value ->> 0
        WHERE known.email <> person.value ->> 1
      )`,
      eq(userNotificationPreferences.category, "all"),
      eq(userNotificationPreferences.channel, "email"),
      isNotNull(userNotificationPreferences.reason),
    ),
  )

/** Answers those who were not members, and those who were members of another description. */
export function upsertMembers(db: Db, { slug, members }: { slug: string; members: Member[] }) {
  return db
    .insert(orgUsers)
    .select(sql`
      SELECT NULL, o.id, person.value ->> 0, person.value ->> 1, person.value ->> 2, person.value ->> 3, NULL
      FROM ${orgs} o, json_each(${memberRows(members)}) person WHERE o.slug = ${slug}
    `)
    .onConflictDoUpdate({
      target: [orgUsers.orgId, orgUsers.userId],
      set: { email: sql`excluded.email`, role: sql`excluded.role`, name: sql`excluded.name`, removedAt: null },
      setWhere: sql`${orgUsers.removedAt} IS NOT NULL
        OR (${orgUsers.email}, ${orgUsers.role}, ${orgUsers.name}) IS NOT (excluded.email, excluded.role, excluded.name)`,
    })
    .returning({ userId: orgUsers.userId })
}

/** Removes who is not among these people. */
export const markOthersRemoved = (db: Db, { slug, userIds, now }: { slug: string; userIds: string[]; now: number }) =>
  db
    .update(orgUsers)
    .set({ removedAt: now })
    .where(
      and(
        eq(orgUsers.orgId, orgIdOf(slug)),
        isNull(orgUsers.removedAt),
        sql`${orgUsers.userId} NOT IN (SELECT value FROM json_each(${JSON.stringify(userIds)}))`,
      ),
    )
    .returning(REMOVED_MEMBER_COLUMNS)

export const markMemberRemoved = (db: Db, { slug, userId, now }: { slug: string; userId: string; now: number }) =>
  db
    .update(orgUsers)
    .set({ removedAt: now })
    .where(and(eq(orgUsers.orgId, orgIdOf(slug)), eq(orgUsers.userId, userId), isNull(orgUsers.removedAt)))
    .returning(REMOVED_MEMBER_COLUMNS)
