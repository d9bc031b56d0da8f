import { and, eq, isNotNull, isNull, sql } from "drizzle-orm"
import type { Room } from "../domain/channels"
import type { Db } from "../db/client"
import { orgPreferences, orgs, orgUsers, ROOM, switches, userPreferences } from "../db/schema"
import type { MailTrouble, Switch } from "./decide"

/** The master switch of e-mail. */
const isMaster = and(eq(switches.category, "all"), eq(switches.channel, "email"))

export const switchesOf = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      category: switches.category,
      channel: switches.channel,
      enabled: switches.enabled,
    })
    .from(switches)
    .where(eq(switches.orgUserId, orgUserId))

type Setting = Omit<Switch, "changedAt" | "reason">

/** Sets these switches; `changedAt` moves only where something really changed. */
export const setSwitches = (
  db: Db,
  { orgUserId, switches: wanted, now }: { orgUserId: number; switches: Setting[]; now: number },
) =>
  db
    .insert(switches)
    .select(sql`
      SELECT ${orgUserId}, one.value ->> 'category', one.value ->> 'channel', one.value ->> 'enabled', ${now}, NULL
      FROM ${orgUsers} person, json_each(${JSON.stringify(wanted)}) one WHERE person.id = ${orgUserId}
    `)
    .onConflictDoUpdate({
      target: [switches.orgUserId, switches.category, switches.channel],
      set: { enabled: sql`excluded.enabled`, changedAt: now, reason: null },
      setWhere: sql`${switches.enabled} <> excluded.enabled`,
    })

/**
 * Switches e-mail off for all members with one of these addresses, unless it is off, or they have switched it since
 * `heardAt`, when we heard of the trouble.
 */
export const switchMailOff = (
  db: Db,
  { addresses, reason, heardAt, now }: { addresses: string[]; reason: MailTrouble; heardAt: number; now: number },
) =>
  db
    .insert(switches)
    .select(sql`
      SELECT person.id, 'all', 'email', 0, ${now}, ${reason} FROM ${orgUsers} person
      WHERE person.email IN (SELECT value FROM json_each(${JSON.stringify(addresses)})) AND person.removed_at IS NULL
    `)
    .onConflictDoUpdate({
      target: [switches.orgUserId, switches.category, switches.channel],
      set: { enabled: false, changedAt: now, reason },
      setWhere: sql`${switches.enabled} AND ${switches.changedAt} <= ${heardAt}`,
    })

/** The members with one of these addresses for whom e-mail was switched off, each with why and since when. */
export const withMailTrouble = (db: Db, { addresses }: { addresses: string[] }) =>
  db
    .select({
      orgUserId: sql<number>`${orgUsers.id}`.as("org_user_id"),
      orgId: orgUsers.orgId,
      email: orgUsers.email,
      reason: sql<MailTrouble>`${switches.reason}`.as("reason"),
      since: switches.changedAt,
    })
    .from(orgUsers)
    .innerJoin(switches, and(eq(switches.orgUserId, orgUsers.id), isMaster, isNotNull(switches.reason)))
    .where(
      and(
        sql`${orgUsers.email} IN (SELECT value FROM json_each(${JSON.stringify(addresses)}))`,
        isNull(orgUsers.removedAt),
      ),
    )

/** Dalgo's database was free to hold any text there. */
const walkthrough = sql<Record<string, unknown> | null>`
  CASE WHEN json_valid(${userPreferences.trialWalkthrough}) THEN
    CASE json_type(${userPreferences.trialWalkthrough}) WHEN 'object' THEN ${userPreferences.trialWalkthrough} END
  END
`.mapWith(userPreferences.trialWalkthrough)

/** What the web app keeps for a person, whether they want e-mail, and whether their organisation wants summaries. */
export const userPreferencesOf = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      wantsEmail: switches.enabled,
      disclaimerShown: userPreferences.disclaimerShown,
      lastVisitedTransformTab: userPreferences.lastVisitedTransformTab,
      enableLlmRequested: userPreferences.enableLlmRequested,
      trialWalkthrough: walkthrough,
      llmOptin: orgPreferences.llmOptin,
    })
    .from(orgUsers)
    .leftJoin(switches, and(eq(switches.orgUserId, orgUsers.id), isMaster))
    .leftJoin(userPreferences, eq(userPreferences.orgUserId, orgUsers.id))
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgUsers.orgId))
    .where(eq(orgUsers.id, orgUserId))

type Kept = Omit<typeof userPreferences.$inferInsert, "id" | "orgUserId" | "createdAt" | "updatedAt">

/** Keeps this for the web app, and leaves what is undefined as it is. */
export function keepForWebApp(db: Db, { orgUserId, kept, now }: { orgUserId: number; kept: Kept; now: number }) {
  const at = new Date(now).toISOString()
  return db
    .insert(userPreferences)
    .values({ ...kept, orgUserId, createdAt: at, updatedAt: at })
    .onConflictDoUpdate({ target: userPreferences.orgUserId, set: { ...kept, updatedAt: at } })
}

/** How an organisation wants to be told. Its row need not be there: an organisation comes without one. */
export const orgPreferencesOf = (db: Db, { orgId }: { orgId: number }) =>
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

const webhookIn = (room: Room) => orgPreferences[ROOM[room].webhook]

/** What the room said of a webhook before is said of that one. */
const told = (room: Room, isOn: boolean) => {
  const column = ROOM[room]
  return { [column.isOn]: isOn, [column.goneAt]: null, [column.reason]: null }
}

/** Tells the organisation by this webhook, sealed, from now on, or no more. */
export function setRoom(
  db: Db,
  { orgId, room, webhook, now }: { orgId: number; room: Room; webhook: string | null; now: number },
) {
  const at = new Date(now).toISOString()
  const set = { ...told(room, webhook !== null), [ROOM[room].webhook]: webhook, updatedAt: at }
  return db
    .insert(orgPreferences)
    .values({ enableDiscordNotifications: false, ...set, orgId, createdAt: at })
    .onConflictDoUpdate({ target: orgPreferences.orgId, set })
}

/** Tells the organisation by the webhook that is stored, if there still is one. */
export const enableRoom = (db: Db, { orgId, room, now }: { orgId: number; room: Room; now: number }) =>
  db
    .update(orgPreferences)
    .set({ ...told(room, true), updatedAt: new Date(now).toISOString() })
    .where(and(eq(orgPreferences.orgId, orgId), isNotNull(webhookIn(room))))

/** Some of the webhooks that lie between two of these texts, as they are stored. */
export const webhooksWithin = (
  db: Db,
  { room, ranges, limit }: { room: Room; ranges: [string, string][]; limit: number },
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
  { room, webhooks }: { room: Room; webhooks: { orgId: number; webhook: string; sealed: string }[] },
) =>
  db
    .update(orgPreferences)
    .set({ [ROOM[room].webhook]: sql`one.value ->> 'sealed'` })
    .from(sql`json_each(${JSON.stringify(webhooks)}) one`)
    .where(and(eq(orgPreferences.orgId, sql`one.value ->> 'orgId'`), eq(webhookIn(room), sql`one.value ->> 'webhook'`)))
