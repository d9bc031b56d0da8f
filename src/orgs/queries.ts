import { and, eq, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm"
import type { Category } from "../domain/categories"
import type { Db } from "../db/client"
import { orgPreferences, orgs, orgUsers, switches } from "../db/schema"
import type { Membership } from "../auth/membership"
import type { Member } from "./schemas"

/** Where this person is a member, the first organisation first. */
export const membershipsOf = (db: Db, { userId }: { userId: string }): Promise<Membership[]> =>
  db
    .select({
      orgUserId: orgUsers.id,
      role: orgUsers.role,
      email: orgUsers.email,
      orgId: orgUsers.orgId,
      orgSlug: orgs.slug,
    })
    .from(orgUsers)
    .innerJoin(orgs, eq(orgs.id, orgUsers.orgId))
    .where(and(eq(orgUsers.userId, userId), isNull(orgUsers.removedAt)))
    .orderBy(orgUsers.id)

export type Org = { id: number; slug: string; name: string }

export const orgBySlug = (db: Db, { slug }: { slug: string }): Promise<Org | undefined> =>
  db.select().from(orgs).where(eq(orgs.slug, slug)).get()

/** What there is to know before something is said to an organisation. */
export const WHO_IS_TOLD = {
  id: orgs.id,
  slug: orgs.slug,
  name: orgs.name,
  llmOptin: orgPreferences.llmOptin,
  urgentCategories: orgPreferences.urgentCategories,
}

/** Those of these organisations that exist, with what each decided about failures. */
export const orgsBySlugs = (db: Db, { slugs }: { slugs: string[] }) =>
  db
    .select(WHO_IS_TOLD)
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(sql`${orgs.slug} IN (SELECT value FROM json_each(${JSON.stringify(slugs)}))`)

// Provisioning: each finds the organisation by its slug, and where there is none does nothing. ------------

const whoItWas = { orgUserId: orgUsers.id, userId: orgUsers.userId }

const orgNamed = (slug: string): SQL => sql`(SELECT o.id FROM ${orgs} o WHERE o.slug = ${slug})`

export const saveOrg = (db: Db, { slug, name }: { slug: string; name: string }) =>
  db
    .insert(orgs)
    .values({ slug, name })
    .onConflictDoUpdate({ target: orgs.slug, set: { name }, setWhere: ne(orgs.name, name) })

type Decided = { llmOptin?: boolean | null | undefined; urgentCategories?: Category[] | null | undefined }

/** What is `undefined` stays. */
export function saveOrgPreferences(
  db: Db,
  { slug, llmOptin, urgentCategories, now }: { slug: string; now: number } & Decided,
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
export const countMembers = (db: Db, { slug, userIds }: { slug: string; userIds: string[] }) =>
  db
    .select({ count: sql<number>`count(*)`.as("count") })
    .from(orgUsers)
    .where(
      and(
        eq(orgUsers.orgId, orgNamed(slug)),
        sql`${orgUsers.userId} IN (SELECT value FROM json_each(${JSON.stringify(userIds)}))`,
        isNull(orgUsers.removedAt),
      ),
    )

const listOf = (members: Member[]) => JSON.stringify(members.map((m) => [m.user_id, m.email, m.role, m.name || null]))

/**
 * What a mailbox said is said of its address: who gets another one gets e-mail again. A `CROSS JOIN`, since
 * SQLite would join from the members, and read the list for each.
 */
export const forgetMailTrouble = (db: Db, { slug, members }: { slug: string; members: Member[] }) =>
  db.delete(switches).where(
    and(
      sql`${switches.orgUserId} IN (
        SELECT known.id FROM json_each(${listOf(members)}) person
        CROSS JOIN ${orgUsers} known ON known.org_id = ${orgNamed(slug)} AND known.user_id = person.value ->> 0
        WHERE known.email <> person.value ->> 1
      )`,
      eq(switches.category, "all"),
      eq(switches.channel, "email"),
      isNotNull(switches.reason),
    ),
  )

/** Answers those who were not members, and those who were members of another description. */
export function saveMembers(db: Db, { slug, members }: { slug: string; members: Member[] }) {
  return db
    .insert(orgUsers)
    .select(sql`
      SELECT NULL, o.id, person.value ->> 0, person.value ->> 1, person.value ->> 2, person.value ->> 3, NULL
      FROM ${orgs} o, json_each(${listOf(members)}) person WHERE o.slug = ${slug}
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
export const removeOthers = (db: Db, { slug, userIds, now }: { slug: string; userIds: string[]; now: number }) =>
  db
    .update(orgUsers)
    .set({ removedAt: now })
    .where(
      and(
        eq(orgUsers.orgId, orgNamed(slug)),
        isNull(orgUsers.removedAt),
        sql`${orgUsers.userId} NOT IN (SELECT value FROM json_each(${JSON.stringify(userIds)}))`,
      ),
    )
    .returning(whoItWas)

export const removeMember = (db: Db, { slug, userId, now }: { slug: string; userId: string; now: number }) =>
  db
    .update(orgUsers)
    .set({ removedAt: now })
    .where(and(eq(orgUsers.orgId, orgNamed(slug)), eq(orgUsers.userId, userId), isNull(orgUsers.removedAt)))
    .returning(whoItWas)
