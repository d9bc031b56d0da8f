import { and, eq, isNull } from "drizzle-orm"
import type { Db } from "../db/client"
import { orgs, orgUsers } from "../db/schema"

/** A person's current memberships, oldest first. */
export const selectMemberships = (db: Db, { userId }: { userId: string }) =>
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

export const selectOrgBySlug = (db: Db, { slug }: { slug: string }): Promise<Org | undefined> =>
  db.select().from(orgs).where(eq(orgs.slug, slug)).get()
