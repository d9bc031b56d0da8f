import { and, asc, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm"
import type { Category } from "../domain/categories"
import type { ChatProduct } from "../domain/channels"
import type { Db } from "../db/client"
import {
  orgNotificationPolicies,
  orgPreferences,
  orgUsers,
  pushSubscriptions,
  userNotificationPreferences,
} from "../db/schema"
import type { Audience } from "../domain/audience"
import type { OptOutCause } from "../domain/delivery-rules"
import type { OrgPolicy, Person, Switch } from "../preferences/decide"

/** As many people as one batch commits at a time; the queue goes on with the rest. */
export const CHUNK_SIZE = 10_000

export type Addressee = Person & { orgUserId: number; orgId: number; hasDevice: boolean }

/** The organisations to be told in each kind of room. */
export type ChatOrgs = Record<ChatProduct, number[]>

/**
 * The next people of this audience, by id, each with what bears on this category; the policies of all; who has a
 * device; and the rooms of those organisations that are told as one.
 */
export const selectAddressees = (
  db: Db,
  { audience, category, after }: { audience: Audience; category: Category; after: number },
) =>
  [
    db
      .select({ orgUserId: orgUsers.id, orgId: orgUsers.orgId, switches: switchesColumn(category) })
      .from(orgUsers)
      .where(and(isNull(orgUsers.removedAt), gt(orgUsers.id, after), audienceCondition(audience)))
      .orderBy(asc(orgUsers.id))
      .limit(CHUNK_SIZE + 1),
    db
      .select()
      .from(orgNotificationPolicies)
      .where(and(inArray(orgNotificationPolicies.category, [category, "all"]), policyCondition(audience))),
    selectWithDevice(db, { audience, after }),
    db
      .select({
        orgId: orgPreferences.orgId,
        discord: orgPreferences.enableDiscordNotifications,
        slack: orgPreferences.enableSlackNotifications,
      })
      .from(orgPreferences)
      .where(and(HAS_CHAT, chatCondition(audience))),
  ] as const

type Rows = { orgUserId: number; orgId: number; switches: string }[]
type Policies = (OrgPolicy & { orgId: number })[]

type Devices = { orgUserId: number }[]
type ChatSettings = { orgId: number; discord: boolean; slack: boolean }[]

/** Puts the answers of `addressees` together. `isLast` says that nobody comes after these. */
export function toAddressees([rows, policies, devices, rooms]: readonly [Rows, Policies, Devices, ChatSettings]) {
  const byOrg = Map.groupBy(policies, (policy) => policy.orgId)
  const reachable = new Set(devices.map(({ orgUserId }) => orgUserId))
  const people = rows.slice(0, CHUNK_SIZE).map((row) => ({
    orgUserId: row.orgUserId,
    orgId: row.orgId,
    switches: row.switches === "[]" ? [] : parseSwitches(row.switches),
    policies: byOrg.get(row.orgId) ?? [],
    hasDevice: reachable.has(row.orgUserId),
  }))
  return { people, rooms: chatOrgsOf(people, rooms), isLast: rows.length <= CHUNK_SIZE }
}

/** Of the organisations that these people are of. */
function chatOrgsOf(people: Addressee[], rooms: ChatSettings): ChatOrgs {
  const orgIds = new Set(people.map(({ orgId }) => orgId))
  const having = (room: ChatProduct) =>
    rooms.filter((org) => org[room] && orgIds.has(org.orgId)).map(({ orgId }) => orgId)
  return { discord: having("discord"), slack: having("slack") }
}

/** Two searches and not an `IN`: iterating its list would cost four reads for each person. */
const switchesColumn = (category: Category) => {
  const of = (which: Category | "all") => sql`
    SELECT category, channel, enabled, changed_at, reason FROM ${userNotificationPreferences} p
    WHERE p.org_user_id = ${orgUsers}.id AND p.category = ${which}`
  return sql<string>`(
    SELECT json_group_array(json_array(category, channel, enabled, changed_at, reason))
    FROM (${of(category)} UNION ALL ${of("all")})
  )`.as("switches")
}

/** What `switchesFor` wrote. */
const parseSwitches = (json: string) =>
  (JSON.parse(json) as [Switch["category"], Switch["channel"], 0 | 1, number, OptOutCause | null][]).map(
    ([category, channel, enabled, changedAt, reason]): Switch => ({
      category,
      channel,
      enabled: enabled === 1,
      changedAt,
      reason,
    }),
  )

function audienceCondition(audience: Audience): SQL | undefined {
  if (audience.kind === "org_users") {
    return sql`${orgUsers.id} IN (SELECT value FROM json_each(${JSON.stringify(audience.ids)}))`
  }
  const rank = audience.adminsOnly ? inArray(orgUsers.role, ["admin", "super-admin"]) : undefined
  switch (audience.kind) {
    case "org":
      return and(eq(orgUsers.orgId, audience.orgId), rank)
    case "everyone":
      return rank
    case "email":
      return and(
        eq(orgUsers.email, audience.email),
        audience.orgId === null ? undefined : eq(orgUsers.orgId, audience.orgId),
        rank,
      )
  }
}

const policyCondition = (audience: Audience): SQL | undefined =>
  "orgId" in audience && audience.orgId !== null ? eq(orgNotificationPolicies.orgId, audience.orgId) : undefined

/** Who has a device: perhaps others of their organisation too, since whoever decides looks at these people only. */
function selectWithDevice(db: Db, { audience, after }: { audience: Audience; after: number }) {
  if (audience.kind === "email" || audience.kind === "org_users") {
    const has = sql`EXISTS (SELECT 1 FROM ${pushSubscriptions} s WHERE s.org_user_id = ${orgUsers}.id)`
    return db
      .select({ orgUserId: orgUsers.id })
      .from(orgUsers)
      .where(and(isNull(orgUsers.removedAt), gt(orgUsers.id, after), audienceCondition(audience), has))
  }
  const ofOrg = audience.kind === "org" ? eq(pushSubscriptions.orgId, audience.orgId) : undefined
  return db
    .selectDistinct({ orgUserId: pushSubscriptions.orgUserId })
    .from(pushSubscriptions)
    .where(and(gt(pushSubscriptions.orgUserId, after), ofOrg))
    .orderBy(asc(pushSubscriptions.orgUserId))
    .limit(CHUNK_SIZE)
}

/** As the index has it. */
const HAS_CHAT = sql`(enable_discord_notifications = 1 OR enable_slack_notifications = 1)`

/** What is for some is not said in a room, where all may read it. */
const chatCondition = (audience: Audience): SQL => {
  const none = eq(orgPreferences.orgId, 0)
  switch (audience.kind) {
    case "org":
      return audience.adminsOnly ? none : eq(orgPreferences.orgId, audience.orgId)
    case "everyone":
      return audience.adminsOnly ? none : gt(orgPreferences.orgId, 0)
    case "email":
    case "org_users":
      return none
  }
}
