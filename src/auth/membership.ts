import type { Db } from "../db/client"
import { notAllowed, notFound } from "../runtime/errors"
import * as queries from "./queries"
import type { Role } from "../domain/roles"

/** A person in one organisation. */
export type Membership = {
  orgUserId: number
  userId: string
  orgId: number
  orgSlug: string
  role: Role
  email: string
  /** The zone in which the person reads times: their own, else the organisation's. */
  timeZone: string
}

/** A removal clears only this isolate's cache: in others, a removed person keeps access for at most this long. */
const TTL_MS = 30_000
const MAX_ENTRIES = 10_000

class TtlCache<T> {
  private readonly entries = new Map<string, { value: T; expiresAt: number }>()
  private evictions = 0

  async getOrLoad(key: string, now: number, load: () => Promise<T>): Promise<T> {
    const cached = this.entries.get(key)
    if (cached && cached.expiresAt > now) return cached.value
    const evictionsBefore = this.evictions
    const value = await load()
    // After an eviction during the load, the value may be the one that was evicted. A missing value may be created.
    if (this.evictions !== evictionsBefore || value === undefined) return value
    if (this.entries.size >= MAX_ENTRIES) this.entries.clear()
    this.entries.set(key, { value, expiresAt: now + TTL_MS })
    return value
  }

  evict(keys: string[]): void {
    this.evictions += 1
    for (const key of keys) this.entries.delete(key)
  }

  clear = () => this.entries.clear()
}

const membershipCache = new TtlCache<Membership[]>()
const orgCache = new TtlCache<queries.Org | undefined>()

/** A person's memberships. They may be 30 s old. */
export const loadMemberships = (db: Db, { userId, now }: { userId: string; now: number }) =>
  membershipCache.getOrLoad(userId, now, () => queries.selectMemberships(db, { userId }))

/** The membership in this organisation, or the first one. Throws `not_found` if the person is not a member. */
export function requireMembership(memberships: Membership[], slug: string | undefined): Membership {
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (membership) return membership
  throw slug ? notFound("organisation") : notAllowed()
}

/** The organisation with this slug. It may be 30 s old. */
export const loadOrg = (db: Db, { slug, now }: { slug: string; now: number }) =>
  orgCache.getOrLoad(slug, now, () => queries.selectOrgBySlug(db, { slug }))

/** Clears these people from the cache of this isolate. */
export const evictMembers = (userIds: string[]) => membershipCache.evict(userIds)

export const evictOrg = (slug: string) => orgCache.evict([slug])

export function clearMembershipCache(): void {
  membershipCache.clear()
  orgCache.clear()
}
