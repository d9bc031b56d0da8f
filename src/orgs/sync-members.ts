import type { Deps } from "../deps"
import { notFound } from "../runtime/errors"
import type { SyncedMembers } from "./docs"
import { revokeAccess } from "./revoke-access"
import { evictMembers } from "../auth/membership"
import * as queries from "./queries"
import type { Member } from "./schemas"

type Sync = { slug: string; members: Member[]; others: "remove" | "keep" }

/**
 * Makes these people members, as they are described here, and of the others nobody where `others` are removed.
 *
 * 1. Count who is a member already, forget what was said of addresses that are others now, write who is not or not like
 *    this, and remove the others: one round trip, so that of two lists at once the later one holds. Whoever comes back
 *    finds their old inbox.
 * 2. Let this isolate know at once; others know within 30 s.
 */
export async function syncMembers(deps: Deps, { slug, members, others }: Sync): Promise<SyncedMembers> {
  const { db } = deps
  const userIds = members.map((member) => member.user_id)
  const [[org], [before], , saved, removed = []] = await db.batch([
    queries.selectOrgsBySlugs(db, { slugs: [slug] }),
    queries.selectMemberCount(db, { slug, userIds }),
    queries.deleteEmailOptOuts(db, { slug, members }),
    queries.upsertMembers(db, { slug, members }),
    ...(others === "remove" ? [queries.markOthersRemoved(db, { slug, userIds, now: deps.now() })] : []),
  ])
  if (!org || !before) throw notFound("organisation")

  evictMembers(saved.map((member) => member.userId))
  revokeAccess(deps, { org, people: removed })
  const added = members.length - before.count
  const changed = saved.length - added
  return { added, changed, removed: removed.length, unchanged: before.count - changed }
}
