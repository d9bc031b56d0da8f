import type { Deps } from "../deps"
import { notFound } from "../runtime/errors"
import { logCancelled } from "./cancel-scheduled"
import { revokeAccess } from "./revoke-access"
import * as queries from "./queries"

/** Ends a membership, and cancels what the person has scheduled. Throws `not_found` for an unknown organisation, and for a person who is not its member. */
export async function removeMember(deps: Deps, { slug, userId }: { slug: string; userId: string }): Promise<void> {
  const { db } = deps
  const [[org], removed, cancelled] = await db.batch([
    queries.selectOrgsBySlugs(db, { slugs: [slug] }),
    queries.markMemberRemoved(db, { slug, userId, now: deps.now() }),
    queries.deleteScheduledByFormer(db, { slug }),
  ])
  if (!org) throw notFound("organisation")
  if (removed.length === 0) throw notFound("member")
  logCancelled(cancelled)
  revokeAccess(deps, { org, people: removed })
}
