import type { Deps } from "../deps"
import { kindOf, log } from "../runtime/log"
import { forgetMembers } from "../auth/membership"

type Removed = { orgUserId: number; userId: string }

/** Ends what former members still have: access in this isolate, and open sockets. A lost hint costs a minute. */
export function letGo(deps: Deps, { org, people }: { org: { id: number; slug: string }; people: Removed[] }): void {
  if (people.length === 0) return
  forgetMembers(people.map((person) => person.userId))
  const told = deps.bar(org.id).removed({ orgUserIds: people.map((person) => person.orgUserId) })
  deps.later(told.catch((error) => log({ event: "hint_lost", org_id: org.id, reason: kindOf(error) })))
}
