import { and, eq, isNotNull, or, type SQL, sql } from "drizzle-orm"
import type { ChatProduct } from "../../../domain/channels"
import type { Db } from "../../../db/client"
import { orgPreferences, orgs, CHAT_COLUMNS, signalEvents } from "../../../db/schema"

const isOn = (room: ChatProduct) => orgPreferences[CHAT_COLUMNS[room].isOn]
const webhookIn = (room: ChatProduct) => orgPreferences[CHAT_COLUMNS[room].webhook]

/**
 * Those of these organisations that are told in this kind of room, or were until it was found gone; and by which
 * webhook, as it is stored.
 */
export const selectChatWebhooks = (db: Db, { room, orgIds }: { room: ChatProduct; orgIds: number[] }) =>
  db
    .select({
      orgId: sql<number>`${orgs.id}`.as("org_id"),
      orgName: sql<string>`${orgs.name}`.as("org_name"),
      webhook: sql<string>`${webhookIn(room)}`.as("webhook"),
      isOn: sql`${isOn(room)}`.mapWith(Boolean).as("is_on"),
      whyGone: sql<string | null>`${orgPreferences[CHAT_COLUMNS[room].reason]}`.as("why_gone"),
    })
    .from(orgPreferences)
    .innerJoin(orgs, eq(orgs.id, orgPreferences.orgId))
    .where(
      and(
        sql`${orgPreferences.orgId} IN (SELECT value FROM json_each(${JSON.stringify(orgIds)}))`,
        or(eq(isOn(room), true), isNotNull(orgPreferences[CHAT_COLUMNS[room].goneAt])),
        sql`${webhookIn(room)} <> ''`,
      ),
    )

export const selectOrgName = (db: Db, { orgId }: { orgId: number }) =>
  db.select({ orgName: orgs.name }).from(orgs).where(eq(orgs.id, orgId))

/** A room that is told by exactly this webhook: no other, which somebody has stored meanwhile. */
type ActiveWebhook = { room: ChatProduct; orgId: number; webhook: string; now: number }

const isActiveWebhook = ({ room, orgId, webhook }: ActiveWebhook): SQL | undefined =>
  and(eq(orgPreferences.orgId, orgId), eq(isOn(room), true), eq(webhookIn(room), webhook))

/** Leaves word that the room is gone, for whoever tells its people; due at `dueAt` if nobody hints. */
export const insertGoneEvent = (db: Db, { dueAt, ...told }: ActiveWebhook & { dueAt: number }) => {
  const { room, orgId, now } = told
  return db
    .insert(signalEvents)
    .select(sql`
      SELECT NULL, 'room_gone', ${JSON.stringify({ orgId, room })}, 'received', NULL, 0, ${now}, ${now}, ${dueAt}, NULL
      FROM ${orgPreferences} WHERE ${isActiveWebhook(told)}
    `)
    .returning({ id: signalEvents.id })
}

/** Tells the room no more. The webhook stays, so that its admins see which it was. */
export const disableWebhook = (db: Db, { why, ...told }: ActiveWebhook & { why: string }) =>
  db
    .update(orgPreferences)
    .set({
      [CHAT_COLUMNS[told.room].isOn]: false,
      [CHAT_COLUMNS[told.room].goneAt]: told.now,
      [CHAT_COLUMNS[told.room].reason]: why,
      updatedAt: new Date(told.now).toISOString(),
    })
    .where(isActiveWebhook(told))
