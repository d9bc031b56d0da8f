import { and, eq, isNull, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { orgPreferences, orgs, orgUsers } from "../db/schema"
import type { Membership } from "./membership"

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

/** Those of these organisations that exist, with what each decided about failures. */
export const orgsBySlugs = (db: Db, { slugs }: { slugs: string[] }) =>
  db
    .select({
      id: orgs.id,
      slug: orgs.slug,
      name: orgs.name,
      llmOptin: orgPreferences.llmOptin,
      urgentCategories: orgPreferences.urgentCategories,
    })
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(sql`${orgs.slug} IN (SELECT value FROM json_each(${JSON.stringify(slugs)}))`)
