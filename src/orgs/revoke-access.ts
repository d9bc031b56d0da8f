import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { evictMembers } from "../auth/membership"

type Removed = { orgUserId: number; userId: string }

/** Ends what former members still have: access in this isolate, and open sockets. A lost hint costs a minute. */
export function revokeAccess(
  deps: Deps,
  { org, people }: { org: { id: number; slug: string }; people: Removed[] },
): void {
  if (people.length === 0) return
  evictMembers(people.map((person) => person.userId))
  const told = deps.bar(org.id).removed({ orgUserIds: people.map((person) => person.orgUserId) })
  deps.waitUntil(
    told.catch((error) => log({ event: "urgent_bar_update_failed", org_id: org.id, reason: errorName(error) })),
  )
}
