import type { Db } from "../db/client"
import * as queries from "./queries"
import type { Role } from "./roles"

/** One person in one organisation. */
export type Membership = { orgUserId: number; orgId: number; orgSlug: string; role: Role; email: string }

/** How long an isolate trusts what it read: a person who was removed keeps access no longer than this. */
const TRUSTED_MS = 30_000
const MOST_PEOPLE = 10_000

const seen = new Map<string, { memberships: Membership[]; until: number }>()

/** Where this person is a member, from memory if they were seen within the last 30 s. */
export async function membershipsOf(db: Db, { userId, now }: { userId: string; now: number }): Promise<Membership[]> {
  const known = seen.get(userId)
  if (known && known.until > now) return known.memberships
  const memberships = await queries.membershipsOf(db, { userId })
  if (seen.size >= MOST_PEOPLE) seen.clear()
  seen.set(userId, { memberships, until: now + TRUSTED_MS })
  return memberships
}

/** Forgets everybody. */
export const forgetMembers = () => seen.clear()
