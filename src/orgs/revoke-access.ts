import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { evictMembers } from "../auth/membership"

type RemovedMember = { orgUserId: number; userId: string }

/**
 * Ends the access of former members: in this isolate's cache, and on open sockets. If the call to the urgent bar fails,
 * its alarm closes the sockets within a minute.
 */
export function revokeAccess(
  deps: Deps,
  { org, people }: { org: { id: number; slug: string }; people: RemovedMember[] },
): void {
  if (people.length === 0) return
  evictMembers(people.map((person) => person.userId))
  const closed = deps.bar(org.id).removed({ orgUserIds: people.map((person) => person.orgUserId) })
  deps.waitUntil(
    closed.catch((error) => log({ event: "urgent_bar_update_failed", org_id: org.id, reason: errorName(error) })),
  )
}
