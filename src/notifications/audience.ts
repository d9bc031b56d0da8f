import { and, asc, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import {
  chatWebhooks,
  orgNotificationPolicies,
  orgUsers,
  pushSubscriptions,
  userNotificationPreferences,
} from "../db/schema"
import type { Audience } from "../domain/audience"
import type { Category } from "../domain/categories"
import { type ChatProduct, perChatProduct } from "../domain/channels"
import type { OptOutCause } from "../domain/delivery-rules"
import type { OrgPolicy, Person, Switch } from "../preferences/decide"

/** One batch commits at most this many people. The queue continues with the rest. */
export const CHUNK_SIZE = 10_000

export type Addressee = Person & { orgUserId: number; orgId: number; hasDevice: boolean }

/** The ids of the organisations that get a message in each chat product. */
export type ChatOrgs = Record<ChatProduct, number[]>

/**
 * Four statements: the next people of this audience, ordered by id, with their settings for this category; the policies
 * of their organisations; the people who have a device; and the organisations that use chat.
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
      .select({ orgId: chatWebhooks.orgId, product: chatWebhooks.product })
      .from(chatWebhooks)
      .where(and(sql`${chatWebhooks.enabled} = 1`, chatCondition(audience))),
  ] as const

type OrgUsers = { orgUserId: number; orgId: number; switches: string }[]
type Policies = (OrgPolicy & { orgId: number })[]
type Devices = { orgUserId: number }[]
type EnabledChat = { orgId: number; product: ChatProduct }[]

/** Joins the results of `selectAddressees`. `isLast`: the audience has no more people. */
export function toAddressees([rows, policies, devices, chat]: readonly [OrgUsers, Policies, Devices, EnabledChat]) {
  const byOrg = Map.groupBy(policies, (policy) => policy.orgId)
  const withDevice = new Set(devices.map(({ orgUserId }) => orgUserId))
  const people = rows.slice(0, CHUNK_SIZE).map((row) => ({
    orgUserId: row.orgUserId,
    orgId: row.orgId,
    switches: row.switches === "[]" ? [] : parseSwitches(row.switches),
    policies: byOrg.get(row.orgId) ?? [],
    hasDevice: withDevice.has(row.orgUserId),
  }))
  return { people, chatOrgs: chatOrgsOf(people, chat), isLast: rows.length <= CHUNK_SIZE }
}

/** The organisations of these people that use chat. */
function chatOrgsOf(people: Addressee[], chat: EnabledChat): ChatOrgs {
  const orgIds = new Set(people.map(({ orgId }) => orgId))
  const ofPeople = chat.filter(({ orgId }) => orgIds.has(orgId))
  return perChatProduct((product) => ofPeople.filter((one) => one.product === product).map(({ orgId }) => orgId))
}

/** Two selects, since `category IN (…)` would cost four more reads for each person. */
const switchesColumn = (category: Category) => {
  const selectFor = (which: Category | "all") => sql`
    SELECT category, channel, enabled, changed_at, reason FROM ${userNotificationPreferences} p
    WHERE p.org_user_id = ${orgUsers}.id AND p.category = ${which}`
  return sql<string>`(
    SELECT json_group_array(json_array(category, channel, enabled, changed_at, reason))
    FROM (${selectFor(category)} UNION ALL ${selectFor("all")})
  )`.as("switches")
}

/** Parses `switchesColumn`. */
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
    return inList(orgUsers.id, audience.ids)
  }
  const isAdmin = audience.adminsOnly ? inArray(orgUsers.role, ["admin", "super-admin"]) : undefined
  switch (audience.kind) {
    case "org":
      return and(eq(orgUsers.orgId, audience.orgId), isAdmin)
    case "everyone":
      return isAdmin
    case "email":
      return and(
        eq(orgUsers.email, audience.email),
        audience.orgId === null ? undefined : eq(orgUsers.orgId, audience.orgId),
        isAdmin,
      )
  }
}

const policyCondition = (audience: Audience): SQL | undefined =>
  "orgId" in audience && audience.orgId !== null ? eq(orgNotificationPolicies.orgId, audience.orgId) : undefined

/** People who have a device. The result may have people from outside the chunk; `toAddressees` ignores them. */
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

/** A message to a part of an organisation stays out of its chat, where all members can read it. */
const chatCondition = (audience: Audience): SQL => {
  const none = eq(chatWebhooks.orgId, 0)
  switch (audience.kind) {
    case "org":
      return audience.adminsOnly ? none : eq(chatWebhooks.orgId, audience.orgId)
    case "everyone":
      return audience.adminsOnly ? none : gt(chatWebhooks.orgId, 0)
    case "email":
    case "org_users":
      return none
  }
}
