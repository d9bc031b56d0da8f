import { and, eq, isNull, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { orgs, orgUsers } from "../db/schema"

/** A person's current memberships, oldest first. */
export const selectMemberships = (db: Db, { userId }: { userId: string }) =>
  db
    .select({
      orgUserId: orgUsers.id,
      userId: orgUsers.userId,
      role: orgUsers.role,
      email: orgUsers.email,
      orgId: orgUsers.orgId,
      orgSlug: orgs.slug,
      timeZone: sql<string>`coalesce(${orgUsers.timezone}, ${orgs.timezone})`.as("time_zone"),
    })
    .from(orgUsers)
    .innerJoin(orgs, eq(orgs.id, orgUsers.orgId))
    .where(and(eq(orgUsers.userId, userId), isNull(orgUsers.removedAt)))
    .orderBy(orgUsers.id)

export type Org = { id: number; slug: string; name: string; timezone: string }

export const selectOrgBySlug = (db: Db, { slug }: { slug: string }): Promise<Org | undefined> =>
  db.select().from(orgs).where(eq(orgs.slug, slug)).get()
