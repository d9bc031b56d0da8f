import type { Db } from "../db/client"
import { notAllowed, notFound } from "../runtime/errors"
import * as queries from "./queries"
import type { Role } from "../domain/roles"

/** One person in one organisation. */
export type Membership = { orgUserId: number; orgId: number; orgSlug: string; role: Role; email: string }

/** How long an isolate trusts what it read: a person who was removed keeps access no longer than this. */
const TTL_MS = 30_000
const MAX_ENTRIES = 10_000

/** What was read lately, by name. */
class TtlCache<T> {
  private readonly entries = new Map<string, { value: T; until: number }>()
  private evictions = 0

  async getOrLoad(name: string, now: number, read: () => Promise<T>): Promise<T> {
    const known = this.entries.get(name)
    if (known && known.until > now) return known.value
    const { evictions: forgotten } = this
    const value = await read()
    // Something was forgotten meanwhile: what was read may be what had to be forgotten. And what is not there may come.
    if (this.evictions !== forgotten || value === undefined) return value
    if (this.entries.size >= MAX_ENTRIES) this.entries.clear()
    this.entries.set(name, { value, until: now + TTL_MS })
    return value
  }

  evict(names: string[]): void {
    this.evictions += 1
    for (const name of names) this.entries.delete(name)
  }

  clear = () => this.entries.clear()
}

const membershipCache = new TtlCache<Membership[]>()
const orgCache = new TtlCache<queries.Org | undefined>()

/** Where this person is a member, from memory if they were seen within the last 30 s. */
export const loadMemberships = (db: Db, { userId, now }: { userId: string; now: number }) =>
  membershipCache.getOrLoad(userId, now, () => queries.selectMemberships(db, { userId }))

/** The membership in this organisation, or in the person's first one. Throws `not_found` for a stranger's. */
export function requireMembership(memberships: Membership[], slug: string | undefined): Membership {
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (membership) return membership
  throw slug ? notFound("organisation") : notAllowed()
}

/** The organisation with this slug, from memory if it was asked for within the last 30 s. */
export const loadOrg = (db: Db, { slug, now }: { slug: string; now: number }) =>
  orgCache.getOrLoad(slug, now, () => queries.selectOrgBySlug(db, { slug }))

/** Forgets these people, as far as this isolate knows them. */
export const evictMembers = (userIds: string[]) => membershipCache.evict(userIds)

export const evictOrg = (slug: string) => orgCache.evict([slug])

/** Forgets everybody. */
export function clearMembershipCache(): void {
  membershipCache.clear()
  orgCache.clear()
}
