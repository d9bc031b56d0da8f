import { and, eq, gte, isNotNull, or, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { inboxCounters, notificationRecipients, notifications, orgUsers } from "../db/schema"
import { ERASED_AUTHOR } from "../domain/announcement"
import type { BarItem } from "../domain/bar-item"
import * as inbox from "./queries"

/** A bar shows at most this many items. */
export const MAX_BAR_ITEMS = 50

/** One person's urgent bar according to the database. `version` grows with every change of their inbox. */
export type Bar = { orgUserId: number; items: BarItem[]; total: number; unreadCount: number; version: number }

/** A bar for a reader that has the texts of some items: `ids` has all of them, newest first, and `items` the others. */
export type BarUpdate = Bar & { ids: number[] }

/** Each bar takes one statement of a batch. */
const BARS_PER_BATCH = 40
/** D1 runs at most 1,000 statements in one invocation. */
export const MAX_BARS = 800

/**
 * The bars of these people. One round trip for every 40. Fifty long texts are half a megabyte, so a reader names the items
 * whose texts it has.
 */
export async function loadBars(
  db: Db,
  { orgUserIds, ...texts }: { orgUserIds: number[] } & Partial<inbox.KnownTexts>,
): Promise<BarUpdate[]> {
  const bars: BarUpdate[] = []
  for (let i = 0; i < orgUserIds.length; i += BARS_PER_BATCH) {
    bars.push(
      ...(await loadBarBatch(db, orgUserIds.slice(i, i + BARS_PER_BATCH), { known: [], changedSince: 0, ...texts })),
    )
  }
  return bars
}

async function loadBarBatch(db: Db, orgUserIds: number[], texts: inbox.KnownTexts): Promise<BarUpdate[]> {
  const [states, ...lists] = await db.batch([
    selectBarStates(db, { orgUserIds }),
    ...orgUserIds.map((orgUserId) => inbox.selectUrgentUnread(db, { orgUserId, limit: MAX_BAR_ITEMS, ...texts })),
  ])
  return orgUserIds.map((orgUserId, i) => {
    const state = states.find((candidate) => candidate.orgUserId === orgUserId)
    const rows = lists[i] ?? []
    return {
      orgUserId,
      ids: rows.map((row) => row.id),
      items: rows.flatMap(({ message, ...row }) => (message === null ? [] : toBarItem({ ...row, message }))),
      total: state?.unreadUrgent ?? 0,
      unreadCount: state?.unread ?? 0,
      version: state?.version ?? 0,
    }
  })
}

/** The counters and the version of these people's inboxes. */
export const selectBarStates = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({
      orgUserId: inboxCounters.orgUserId,
      unread: inboxCounters.unread,
      unreadUrgent: inboxCounters.unreadUrgent,
      version: inboxCounters.version,
    })
    .from(inboxCounters)
    .where(inList(inboxCounters.orgUserId, orgUserIds))

/** The same, and whether this notification is unread and newer than every other urgent unread one of the inbox. */
export const selectBarStatesAfter = (
  db: Db,
  { orgUserIds, notificationId }: { orgUserIds: number[]; notificationId: number },
) =>
  db
    .select({
      orgUserId: inboxCounters.orgUserId,
      unread: inboxCounters.unread,
      unreadUrgent: inboxCounters.unreadUrgent,
      version: inboxCounters.version,
      isNewest: sql`EXISTS (
        SELECT 1 FROM ${notifications} n
        JOIN ${notificationRecipients} r ON r.org_user_id = ${inboxCounters}.org_user_id AND r.is_read = 0
          AND r.sent_at = n.sent_at AND r.notification_id = n.id
        WHERE n.id = ${notificationId} AND NOT EXISTS (
          SELECT 1 FROM ${notificationRecipients} newer
          WHERE newer.org_user_id = r.org_user_id AND newer.urgent = 1 AND newer.is_read = 0
            AND (newer.sent_at, newer.notification_id) > (r.sent_at, r.notification_id)
        )
      )`
        .mapWith(Boolean)
        .as("is_newest"),
    })
    .from(inboxCounters)
    .where(inList(inboxCounters.orgUserId, orgUserIds))

/** The ids of those notifications whose summary was added at or after `since`, or whose author was erased at any time. */
export const selectChangedTexts = (db: Db, { ids, since }: { ids: number[]; since: number }) =>
  db
    .select({ id: notifications.id })
    .from(notifications)
    .where(
      and(
        inList(notifications.id, [...new Set(ids)]),
        or(gte(notifications.summarisedAt, since), eq(notifications.author, ERASED_AUTHOR)),
      ),
    )

export const selectBarItem = (db: Db, { id }: { id: number }) =>
  db
    .select({ ...inbox.BAR_ITEM_COLUMNS, urgent: notifications.urgent })
    .from(notifications)
    .where(eq(notifications.id, id))

/** The people among these who are no longer members. */
export const selectFormerMembers = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({ orgUserId: orgUsers.id })
    .from(orgUsers)
    .where(and(inList(orgUsers.id, orgUserIds), isNotNull(orgUsers.removedAt)))

type BarItemRow = Omit<BarItem, "timestamp" | "urgent" | "read_status"> & { createdAt: number }

export const toBarItem = ({ id, author, message, category, createdAt }: BarItemRow): BarItem => ({
  id,
  author,
  message,
  category,
  timestamp: new Date(createdAt).toISOString(),
  urgent: true,
  read_status: false,
})
