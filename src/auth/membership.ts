import type { Db } from "../db/client"
import { notAllowed, notFound } from "../runtime/errors"
import * as queries from "../orgs/queries"
import type { Role } from "../domain/roles"

/** One person in one organisation. */
export type Membership = { orgUserId: number; orgId: number; orgSlug: string; role: Role; email: string }

/** How long an isolate trusts what it read: a person who was removed keeps access no longer than this. */
const TRUSTED_MS = 30_000
const MOST_KNOWN = 10_000

/** What was read lately, by name. */
class Memory<T> {
  private readonly known = new Map<string, { value: T; until: number }>()
  private forgotten = 0

  async recall(name: string, now: number, read: () => Promise<T>): Promise<T> {
    const known = this.known.get(name)
    if (known && known.until > now) return known.value
    const { forgotten } = this
    const value = await read()
    // Something was forgotten meanwhile: what was read may be what had to be forgotten. And what is not there may come.
    if (this.forgotten !== forgotten || value === undefined) return value
    if (this.known.size >= MOST_KNOWN) this.known.clear()
    this.known.set(name, { value, until: now + TRUSTED_MS })
    return value
  }

  forget(names: string[]): void {
    this.forgotten += 1
    for (const name of names) this.known.delete(name)
  }

  clear = () => this.known.clear()
}

const people = new Memory<Membership[]>()
const orgs = new Memory<queries.Org | undefined>()

/** Where this person is a member, from memory if they were seen within the last 30 s. */
export const membershipsOf = (db: Db, { userId, now }: { userId: string; now: number }) =>
  people.recall(userId, now, () => queries.membershipsOf(db, { userId }))

/** The membership in this organisation, or in the person's first one. Throws `not_found` for a stranger's. */
export function membershipIn(memberships: Membership[], slug: string | undefined): Membership {
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (membership) return membership
  throw slug ? notFound("organisation") : notAllowed()
}

/** The organisation with this slug, from memory if it was asked for within the last 30 s. */
export const knownOrg = (db: Db, { slug, now }: { slug: string; now: number }) =>
  orgs.recall(slug, now, () => queries.orgBySlug(db, { slug }))

/** Forgets these people, as far as this isolate knows them. */
export const forgetMembers = (userIds: string[]) => people.forget(userIds)

export const forgetOrg = (slug: string) => orgs.forget([slug])

/** Forgets everybody. */
export function forgetAll(): void {
  people.clear()
  orgs.clear()
}
