import { newDevice } from "../support/devices"
import { jsonRange } from "../support/inbox"
import { cookieOf } from "../support/people"
import { CHAT_HOST, PUSH_HOST } from "./fakes"
import type { World } from "./world"

export type Person = { orgUserId: number; userId: string; email: string }

/**
 * An organisation for one test. Unlike in other tests, all four people are its members: Alice is its admin, Bob gets
 * everything, Charlie has email switched off, and Dora has the inbox switched off for incidents. Alice is also a member of
 * a second organisation, with the same address.
 */
export type TestOrg = {
  id: number
  slug: string
  alice: Person
  bob: Person
  charlie: Person
  dora: Person
  /** Alice in the second organisation. */
  aliceElsewhere: Person & { orgSlug: string }
  /** People who were removed at least once. They may be members again. */
  removed: Set<Person>
}
export const membersOf = ({ alice, bob, charlie, dora }: TestOrg): Person[] => [alice, bob, charlie, dora]

/** The members who read their urgent bar. */
export const barReadersOf = ({ alice, bob, dora }: TestOrg): Person[] => [alice, bob, dora]

const IDS_PER_ORG = 100
/** From the id of an organisation to the id of the second one. */
const SECOND_ORG = 1_000_000

export async function createOrg(world: World, id: number): Promise<TestOrg> {
  const slug = `org-${id}`
  const person = (name: string, place: number): Person => {
    const orgUserId = id * IDS_PER_ORG + place
    return { orgUserId, userId: String(orgUserId), email: `${name}@${slug}.test` }
  }
  const alice = person("alice", 1)
  const elsewhere = { id: id + SECOND_ORG, slug: `${slug}-second` }
  const org = {
    id,
    slug,
    alice,
    bob: person("bob", 2),
    charlie: person("charlie", 3),
    dora: person("dora", 4),
    aliceElsewhere: { ...alice, orgUserId: elsewhere.id * IDS_PER_ORG, orgSlug: elsewhere.slug },
    removed: new Set<Person>(),
  }
  await world.tables(
    ["INSERT INTO orgs (id, slug, name) VALUES (?, ?, ?)", id, slug, slug],
    ["INSERT INTO orgs (id, slug, name) VALUES (?, ?, ?)", elsewhere.id, elsewhere.slug, elsewhere.slug],
    [
      "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (?, ?, ?, ?, 'member')",
      org.aliceElsewhere.orgUserId,
      elsewhere.id,
      alice.userId,
      alice.email,
    ],
    [
      `INSERT INTO org_users (id, org_id, user_id, email, role)
       SELECT value ->> 0, ?, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
      id,
      JSON.stringify(
        membersOf(org).map((member) => [member.orgUserId, member.userId, member.email, roleOf(org, member)]),
      ),
    ],
    [
      `INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at)
       VALUES (?, 'all', 'email', 0, 0), (?, 'incident', 'inbox', 0, 0)`,
      org.charlie.orgUserId,
      org.dora.orgUserId,
    ],
  )
  return org
}

/** Adds a device of Bob and a Discord webhook of the organisation. */
export async function addChatAndPush(world: World, { id, bob }: TestOrg): Promise<void> {
  const { subscription } = await newDevice(`https://${PUSH_HOST}/fcm/send/${id}`)
  await world.requestUntilAnswered(
    "/api/notifications/push-subscriptions",
    requestBy(bob, "POST", { body: subscription }),
  )
  await world.rows(
    `INSERT OR IGNORE INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
     VALUES (?, 'discord', 1, ?, 0, 0)`,
    id,
    `https://${CHAT_HOST}/api/webhooks/${id}/token`,
  )
}

/** Adds members without preferences. Their ids overlap with those of organisations that are created later. */
export async function addMembers(world: World, org: TestOrg, count: number): Promise<void> {
  const first = org.id * IDS_PER_ORG + membersOf(org).length + 1
  await world.rows(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT value, ?, value, value || '@' || ? || '.test', 'member' FROM json_each(?)`,
    org.id,
    org.slug,
    jsonRange(first, first + count - 1),
  )
}

const roleOf = ({ alice }: TestOrg, person: Person) => (person === alice ? "admin" : "member")

const requestInit = (method: string, headers: Record<string, string>, body?: unknown): RequestInit => ({
  method,
  headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
  ...(body !== undefined && { body: JSON.stringify(body) }),
})

/** A request of this person. Each call makes a new token. */
export const requestBy =
  (person: Person, method: string, { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {}) =>
  async (): Promise<RequestInit> =>
    requestInit(method, { ...headers, ...(await cookieOf(person.userId)) }, body)

export const requestByServer =
  (method: string, body?: unknown, headers: Record<string, string> = { authorization: "Bearer service-key-new" }) =>
  async (): Promise<RequestInit> =>
    requestInit(method, headers, body)

export const requestByPrefect = (body: unknown) =>
  requestByServer("POST", body, { "x-notification-key": "webhook-key-new" })
