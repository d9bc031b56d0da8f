import { device } from "../support/devices"
import { sequence } from "../support/inbox"
import { cookieOf } from "../support/people"
import { PUSH_SERVICE, ROOMS_AT } from "./fakes"
import type { World } from "./world"

export type Person = { orgUserId: number; userId: string; email: string }

/** An organisation that no other test has: Ann runs it, Ben is told of everything, Cas wants no mail and Dot no incidents. */
export type Organisation = {
  id: number
  slug: string
  ann: Person
  ben: Person
  cas: Person
  dot: Person
  /** Who is a member no longer, or was none for a while. */
  left: Set<Person>
}
export const everybody = ({ ann, ben, cas, dot }: Organisation): Person[] => [ann, ben, cas, dot]

/** Who looks at their bar. */
export const lookers = ({ ann, ben, dot }: Organisation): Person[] => [ann, ben, dot]

/** More than an organisation has members. */
const IDS_EACH = 100

export async function found(world: World, id: number): Promise<Organisation> {
  const slug = `org-${id}`
  const person = (name: string, place: number): Person => {
    const orgUserId = id * IDS_EACH + place
    return { orgUserId, userId: String(orgUserId), email: `${name}@${slug}.test` }
  }
  const org = {
    id,
    slug,
    ann: person("ann", 1),
    ben: person("ben", 2),
    cas: person("cas", 3),
    dot: person("dot", 4),
    left: new Set<Person>(),
  }
  await world.tables(
    ["INSERT INTO orgs (id, slug, name) VALUES (?, ?, ?)", id, slug, slug],
    [
      `INSERT INTO org_users (id, org_id, user_id, email, role)
       SELECT value ->> 0, ?, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
      id,
      JSON.stringify(everybody(org).map((who) => [who.orgUserId, who.userId, who.email, roleIn(org, who)])),
    ],
    [
      `INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at)
       VALUES (?, 'all', 'email', 0, 0), (?, 'incident', 'inbox', 0, 0)`,
      org.cas.orgUserId,
      org.dot.orgUserId,
    ],
  )
  return org
}

/** It is told in a room of Discord's too, and Ben on a device. */
export async function reachElsewhere(world: World, { id, ben }: Organisation): Promise<void> {
  const { subscription } = await device(`https://${PUSH_SERVICE}/fcm/send/${id}`)
  await world.insist("/api/notifications/push-subscriptions", by(ben, "POST", { body: subscription }))
  await world.rows(
    `INSERT OR IGNORE INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
     VALUES (?, 'discord', 1, ?, 0, 0)`,
    id,
    `https://${ROOMS_AT}/api/webhooks/${id}/token`,
  )
}

/** So many more members of whom nobody knows anything. No organisation founded after it can be in the same database. */
export async function crowd(world: World, org: Organisation, size: number): Promise<void> {
  const first = org.id * IDS_EACH + everybody(org).length + 1
  await world.rows(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT value, ?, value, value || '@' || ? || '.test', 'member' FROM json_each(?)`,
    org.id,
    org.slug,
    sequence(first, first + size - 1),
  )
}

const roleIn = ({ ann }: Organisation, who: Person) => (who === ann ? "admin" : "member")

const init = (method: string, headers: Record<string, string>, body?: unknown): RequestInit => ({
  method,
  headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
  ...(body !== undefined && { body: JSON.stringify(body) }),
})

/** A request of this person, made anew each time it is sent. */
export const by =
  (who: Person, method: string, { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {}) =>
  async (): Promise<RequestInit> =>
    init(method, { ...headers, ...(await cookieOf(who.userId)) }, body)

export const byServer =
  (method: string, body?: unknown, headers: Record<string, string> = { authorization: "Bearer service-key-new" }) =>
  async (): Promise<RequestInit> =>
    init(method, headers, body)

export const byPrefect = (body: unknown) => byServer("POST", body, { "x-notification-key": "webhook-key-new" })
