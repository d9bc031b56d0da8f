import type { Deps } from "../deps"
import { notFound } from "../runtime/errors"
import { revokeAccess } from "./revoke-access"
import * as queries from "./queries"

/** Ends a membership. Throws `not_found` for an unknown organisation, and for a person who is not its member. */
export async function removeMember(deps: Deps, { slug, userId }: { slug: string; userId: string }): Promise<void> {
  const { db } = deps
  const [[org], removed] = await db.batch([
    queries.selectOrgsBySlugs(db, { slugs: [slug] }),
    queries.markMemberRemoved(db, { slug, userId, now: deps.now() }),
  ])
  if (!org) throw notFound("organisation")
  if (removed.length === 0) throw notFound("member")
  revokeAccess(deps, { org, people: removed })
}
