import type { Deps } from "../deps"
import { notFound } from "../runtime/errors"
import { MAX_ISSUES, validationError } from "../runtime/validation-issues"
import type { RefusedMember, SyncedMembers } from "./docs"
import { readMembers, type RefusedRow } from "./read-members"
import { logCancelled } from "./cancel-scheduled"
import { revokeAccess } from "./revoke-access"
import { evictMembers } from "../auth/membership"
import * as queries from "./queries"
import type { Member } from "./schemas"

/** Makes exactly these people the members. One row that cannot be taken refuses the list: its person would be removed. */
export async function replaceMembers(
  deps: Deps,
  { slug, rows }: { slug: string; rows: unknown[] },
): Promise<SyncedMembers> {
  const { members, refused } = readMembers(rows)
  if (refused.length > 0) {
    throw validationError(
      refused.flatMap(({ userId, issues }) =>
        issues.map((issue) => ({ ...issue, ...(userId !== null && { user_id: userId }) })),
      ),
    )
  }
  return syncMembers(deps, { slug, members, others: "remove" })
}

/** Adds or changes the people whose row can be taken. The other rows are reported, at most 100 problems of them. */
export async function mergeMembers(
  deps: Deps,
  { slug, rows }: { slug: string; rows: unknown[] },
): Promise<{ res: SyncedMembers; refused: number; errors: RefusedMember[] }> {
  const { members, refused } = readMembers(rows)
  const res = await syncMembers(deps, { slug, members, others: "keep" })
  return { res, refused: refused.length, errors: refused.flatMap(toErrors).slice(0, MAX_ISSUES) }
}

const toErrors = ({ index, userId, email, issues }: RefusedRow): RefusedMember[] =>
  issues.map((issue) => ({ index, user_id: userId, email, ...issue }))

type MemberSync = { slug: string; members: Member[]; others: "remove" | "keep" }

/**
 * Makes these people members, with exactly these details, and removes all others if `others` is `"remove"`. A person who
 * returns gets their old inbox back.
 *
 * 1. Count the existing members, end the opt-outs of changed addresses, upsert the members, remove the others, and
 *    cancel what those have scheduled. This is one transaction: of two concurrent lists, the later one wins.
 * 2. Clear this isolate's cache. Other isolates follow within 30 s.
 */
async function syncMembers(deps: Deps, { slug, members, others }: MemberSync): Promise<SyncedMembers> {
  const { db } = deps
  const userIds = members.map((member) => member.user_id)
  const [[org], [existing], , written, removed = [], cancelled = []] = await db.batch([
    queries.selectOrgsBySlugs(db, { slugs: [slug] }),
    queries.selectMemberCount(db, { slug, userIds }),
    queries.deleteEmailOptOuts(db, { slug, members }),
    queries.upsertMembers(db, { slug, members }),
    ...(others === "remove"
      ? ([
          queries.markOthersRemoved(db, { slug, userIds, now: deps.now() }),
          queries.deleteScheduledByFormer(db, { slug }),
        ] as const)
      : []),
  ])
  if (!org || !existing) throw notFound("organisation")

  evictMembers(written.map((member) => member.userId))
  logCancelled(cancelled)
  revokeAccess(deps, { org, people: removed })
  const added = members.length - existing.count
  const changed = written.length - added
  return { added, changed, removed: removed.length, unchanged: existing.count - changed }
}
