import { and, eq, isNotNull, isNull, sql } from "drizzle-orm"
import { alias } from "drizzle-orm/sqlite-core"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { insertSelect } from "../db/insert-select"
import { orgPreferences, orgUsers, userNotificationPreferences, userPreferences } from "../db/schema"
import type { OptOutCause } from "../domain/delivery-rules"
import type { Switch } from "./decide"

/** The switch for all e-mail. */
const isEmailMaster = and(
  eq(userNotificationPreferences.category, "all"),
  eq(userNotificationPreferences.channel, "email"),
)

/** A row for each switch, each with the member's own time zone; one row with an empty switch where there is none. */
export const selectPreferences = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      timezone: orgUsers.timezone,
      category: userNotificationPreferences.category,
      channel: userNotificationPreferences.channel,
      enabled: userNotificationPreferences.enabled,
    })
    .from(orgUsers)
    .leftJoin(userNotificationPreferences, eq(userNotificationPreferences.orgUserId, orgUsers.id))
    .where(eq(orgUsers.id, orgUserId))

export const updateTimezone = (db: Db, { orgUserId, timezone }: { orgUserId: number; timezone: string | null }) =>
  db
    .update(orgUsers)
    .set({ timezone })
    .where(and(eq(orgUsers.id, orgUserId), sql`${orgUsers.timezone} IS NOT ${timezone}`))

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
) => upsertSwitchesOfAll(db, { orgUserIds: [orgUserId], switches, now })

/** The same switches for several memberships. */
export const upsertSwitchesOfAll = (
  db: Db,
  { orgUserIds, switches, now }: { orgUserIds: number[]; switches: Setting[]; now: number },
) =>
  insertSelect(db, userNotificationPreferences, {
    values: {
      orgUserId: sql`person.id`,
      category: sql`setting.value ->> 'category'`,
      channel: sql`setting.value ->> 'channel'`,
      enabled: sql`setting.value ->> 'enabled'`,
      changedAt: now,
    },
    from: sql`${orgUsers} person, json_each(${JSON.stringify(switches)}) setting
      WHERE ${inList(sql`person.id`, orgUserIds)}`,
  }).onConflictDoUpdate({
    target: SWITCH_KEY,
    set: { enabled: sql`excluded.enabled`, changedAt: now, reason: null },
    setWhere: sql`${userNotificationPreferences.enabled} <> excluded.enabled`,
  })

/**
 * Turns e-mail off for all members with one of these addresses. It changes no row whose e-mail is off already, and none
 * that changed after `receivedAt`, the time when the bounce or complaint arrived.
 */
export const insertEmailOptOuts = (
  db: Db,
  { addresses, reason, receivedAt, now }: { addresses: string[]; reason: OptOutCause; receivedAt: number; now: number },
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
    setWhere: sql`${userNotificationPreferences.enabled} AND ${userNotificationPreferences.changedAt} <= ${receivedAt}`,
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

const schemaChangeSwitch = alias(userNotificationPreferences, "schema_change_switch")

/** The web app's data about a person, the switches that it shows, and whether their organisation uses AI summaries. */
export const selectUserPreferences = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db
    .select({
      wantsEmail: userNotificationPreferences.enabled,
      // In a batch, D1 returns one of several columns of the same name.
      wantsSchemaChanges: sql<boolean | null>`${schemaChangeSwitch.enabled}`
        .mapWith(schemaChangeSwitch.enabled)
        .as("wants_schema_changes"),
      disclaimerShown: userPreferences.disclaimerShown,
      lastVisitedTransformTab: userPreferences.lastVisitedTransformTab,
      enableLlmRequested: userPreferences.enableLlmRequested,
      trialWalkthrough: trialWalkthroughColumn,
      llmOptin: orgPreferences.llmOptin,
    })
    .from(orgUsers)
    .leftJoin(userNotificationPreferences, and(eq(userNotificationPreferences.orgUserId, orgUsers.id), isEmailMaster))
    .leftJoin(
      schemaChangeSwitch,
      and(
        eq(schemaChangeSwitch.orgUserId, orgUsers.id),
        eq(schemaChangeSwitch.category, "schema_change"),
        eq(schemaChangeSwitch.channel, "inbox"),
      ),
    )
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
