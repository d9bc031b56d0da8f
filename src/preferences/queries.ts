import { and, eq, isNotNull, isNull, sql } from "drizzle-orm"
import type { ChatProduct } from "../domain/channels"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { insertSelect } from "../db/insert-select"
import {
  orgPreferences,
  orgs,
  orgUsers,
  CHAT_COLUMNS,
  userNotificationPreferences,
  userPreferences,
} from "../db/schema"
import type { OptOutCause } from "../domain/delivery-rules"
import type { Switch } from "./decide"

/** The switch for all e-mail. */
const isEmailMaster = and(
  eq(userNotificationPreferences.category, "all"),
  eq(userNotificationPreferences.channel, "email"),
)

export const selectSwitches = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      category: userNotificationPreferences.category,
      channel: userNotificationPreferences.channel,
      enabled: userNotificationPreferences.enabled,
    })
    .from(userNotificationPreferences)
    .where(eq(userNotificationPreferences.orgUserId, orgUserId))

type Setting = Omit<Switch, "changedAt" | "reason">

const SWITCH_KEY = [
  userNotificationPreferences.orgUserId,
  userNotificationPreferences.category,
  userNotificationPreferences.channel,
]

/** `changedAt` moves only if the value changes. For an unknown person nothing is inserted. */
export const upsertSwitches = (
  db: Db,
  { orgUserId, switches, now }: { orgUserId: number; switches: Setting[]; now: number },
) =>
  insertSelect(db, userNotificationPreferences, {
    values: {
      orgUserId: sql`person.id`,
      category: sql`setting.value ->> 'category'`,
      channel: sql`setting.value ->> 'channel'`,
      enabled: sql`setting.value ->> 'enabled'`,
      changedAt: now,
    },
    from: sql`${orgUsers} person, json_each(${JSON.stringify(switches)}) setting WHERE person.id = ${orgUserId}`,
  }).onConflictDoUpdate({
    target: SWITCH_KEY,
    set: { enabled: sql`excluded.enabled`, changedAt: now, reason: null },
    setWhere: sql`${userNotificationPreferences.enabled} <> excluded.enabled`,
  })

/**
 * Turns e-mail off for all members with one of these addresses. It leaves people alone who have e-mail off already, and
 * people who changed the switch after `heardAt`, the time when the bounce or complaint arrived.
 */
export const insertEmailOptOuts = (
  db: Db,
  { addresses, reason, heardAt, now }: { addresses: string[]; reason: OptOutCause; heardAt: number; now: number },
) =>
  insertSelect(db, userNotificationPreferences, {
    values: {
      orgUserId: sql`person.id`,
      category: "all",
      channel: "email",
      enabled: sql`0`,
      changedAt: now,
      reason,
    },
    from: sql`${orgUsers} person WHERE ${inList(sql`person.email`, addresses)} AND person.removed_at IS NULL`,
  }).onConflictDoUpdate({
    target: SWITCH_KEY,
    set: { enabled: false, changedAt: now, reason },
    setWhere: sql`${userNotificationPreferences.enabled} AND ${userNotificationPreferences.changedAt} <= ${heardAt}`,
  })

/** The members with one of these addresses whose e-mail the service turned off, with the reason and the time. */
export const selectEmailOptOuts = (db: Db, { addresses }: { addresses: string[] }) =>
  db
    .select({
      orgUserId: sql<number>`${orgUsers.id}`.as("org_user_id"),
      orgId: orgUsers.orgId,
      email: orgUsers.email,
      reason: sql<OptOutCause>`${userNotificationPreferences.reason}`.as("reason"),
      since: userNotificationPreferences.changedAt,
    })
    .from(orgUsers)
    .innerJoin(
      userNotificationPreferences,
      and(
        eq(userNotificationPreferences.orgUserId, orgUsers.id),
        isEmailMaster,
        isNotNull(userNotificationPreferences.reason),
      ),
    )
    .where(and(inList(orgUsers.email, addresses), isNull(orgUsers.removedAt)))

/** Rows that were imported from Dalgo may hold any text. Anything but a JSON object is NULL here. */
const trialWalkthroughColumn = sql<Record<string, unknown> | null>`
  CASE WHEN json_valid(${userPreferences.trialWalkthrough}) THEN
    CASE json_type(${userPreferences.trialWalkthrough}) WHEN 'object' THEN ${userPreferences.trialWalkthrough} END
  END
`.mapWith(userPreferences.trialWalkthrough)

/** The web app's data about a person, their switch for all e-mail, and whether their organisation uses AI summaries. */
export const selectUserPreferences = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      wantsEmail: userNotificationPreferences.enabled,
      disclaimerShown: userPreferences.disclaimerShown,
      lastVisitedTransformTab: userPreferences.lastVisitedTransformTab,
      enableLlmRequested: userPreferences.enableLlmRequested,
      trialWalkthrough: trialWalkthroughColumn,
      llmOptin: orgPreferences.llmOptin,
    })
    .from(orgUsers)
    .leftJoin(userNotificationPreferences, and(eq(userNotificationPreferences.orgUserId, orgUsers.id), isEmailMaster))
    .leftJoin(userPreferences, eq(userPreferences.orgUserId, orgUsers.id))
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgUsers.orgId))
    .where(eq(orgUsers.id, orgUserId))

type WebAppFields = Omit<typeof userPreferences.$inferInsert, "id" | "orgUserId" | "createdAt" | "updatedAt">

/** Fields that are undefined stay as they are. */
export function upsertUserPreferences(
  db: Db,
  { orgUserId, fields, now }: { orgUserId: number; fields: WebAppFields; now: number },
) {
  const at = new Date(now).toISOString()
  return db
    .insert(userPreferences)
    .values({ ...fields, orgUserId, createdAt: at, updatedAt: at })
    .onConflictDoUpdate({ target: userPreferences.orgUserId, set: { ...fields, updatedAt: at } })
}

/** How an organisation wants to be told. Its row need not be there: an organisation comes without one. */
export const selectOrgPreferences = (db: Db, { orgId }: { orgId: number }) =>
  db
    .select({
      name: orgs.name,
      slug: orgs.slug,
      llmOptin: orgPreferences.llmOptin,
      urgentCategories: orgPreferences.urgentCategories,
      enableDiscordNotifications: orgPreferences.enableDiscordNotifications,
      discordWebhook: orgPreferences.discordWebhook,
      discordGoneAt: orgPreferences.discordGoneAt,
      discordGoneReason: orgPreferences.discordGoneReason,
      enableSlackNotifications: orgPreferences.enableSlackNotifications,
      slackWebhook: orgPreferences.slackWebhook,
      slackGoneAt: orgPreferences.slackGoneAt,
      slackGoneReason: orgPreferences.slackGoneReason,
    })
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(eq(orgs.id, orgId))

const webhookIn = (room: ChatProduct) => orgPreferences[CHAT_COLUMNS[room].webhook]

/** What the room said of a webhook before is said of that one. */
const told = (room: ChatProduct, isOn: boolean) => {
  const column = CHAT_COLUMNS[room]
  return { [column.isOn]: isOn, [column.goneAt]: null, [column.reason]: null }
}

/** Tells the organisation by this webhook, sealed, from now on, or no more. */
export function setRoom(
  db: Db,
  { orgId, room, webhook, now }: { orgId: number; room: ChatProduct; webhook: string | null; now: number },
) {
  const at = new Date(now).toISOString()
  const set = { ...told(room, webhook !== null), [CHAT_COLUMNS[room].webhook]: webhook, updatedAt: at }
  return db
    .insert(orgPreferences)
    .values({ enableDiscordNotifications: false, ...set, orgId, createdAt: at })
    .onConflictDoUpdate({ target: orgPreferences.orgId, set })
}

/** Tells the organisation by the webhook that is stored, if there still is one. */
export const enableRoom = (db: Db, { orgId, room, now }: { orgId: number; room: ChatProduct; now: number }) =>
  db
    .update(orgPreferences)
    .set({ ...told(room, true), updatedAt: new Date(now).toISOString() })
    .where(and(eq(orgPreferences.orgId, orgId), isNotNull(webhookIn(room))))

/** Some of the webhooks that lie between two of these texts, as they are stored. */
export const webhooksWithin = (
  db: Db,
  { room, ranges, limit }: { room: ChatProduct; ranges: [string, string][]; limit: number },
) =>
  db
    .select({ orgId: orgPreferences.orgId, webhook: sql<string>`${webhookIn(room)}`.as("webhook") })
    .from(sql`json_each(${JSON.stringify(ranges)}) span`)
    .crossJoin(orgPreferences)
    .where(sql`${webhookIn(room)} >= span.value ->> 0 AND ${webhookIn(room)} < span.value ->> 1`)
    .limit(limit)

/** Stores these in another form, except where somebody has meanwhile stored another. */
export const exchangeWebhooks = (
  db: Db,
  { room, webhooks }: { room: ChatProduct; webhooks: { orgId: number; webhook: string; sealed: string }[] },
) =>
  db
    .update(orgPreferences)
    .set({ [CHAT_COLUMNS[room].webhook]: sql`one.value ->> 'sealed'` })
    .from(sql`json_each(${JSON.stringify(webhooks)}) one`)
    .where(and(eq(orgPreferences.orgId, sql`one.value ->> 'orgId'`), eq(webhookIn(room), sql`one.value ->> 'webhook'`)))
