import { and, eq, gte, isNotNull, type SQL, sql } from "drizzle-orm"
import type { SQLiteColumn } from "drizzle-orm/sqlite-core"
import type { Db } from "../db/client"
import { inboxCounters, notifications, orgUsers, notificationRecipients } from "../db/schema"
import * as inbox from "./queries"
import type { BarItem } from "../domain/bar-item"

/** What a bar shows at most. */
export const MAX_BAR_ITEMS = 50

/** One person's bar as the database has it. `version` grows with every change of their inbox. */
export type Bar = { orgUserId: number; items: BarItem[]; total: number; unreadCount: number; version: number }

/** The bars that one batch asks for, a statement each. */
const BARS_PER_BATCH = 40
/** D1 runs 1,000 statements in one invocation. */
export const MAX_BARS = 800

/** The bars of these people: one round trip per forty. */
export async function loadBars(db: Db, { orgUserIds }: { orgUserIds: number[] }): Promise<Bar[]> {
  const bars: Bar[] = []
  for (let i = 0; i < orgUserIds.length; i += BARS_PER_BATCH) {
    bars.push(...(await loadBarBatch(db, orgUserIds.slice(i, i + BARS_PER_BATCH))))
  }
  return bars
}

async function loadBarBatch(db: Db, orgUserIds: number[]): Promise<Bar[]> {
  const [truths, ...lists] = await db.batch([
    selectBarStates(db, { orgUserIds }),
    ...orgUserIds.map((orgUserId) => inbox.selectUrgentUnread(db, { orgUserId, limit: MAX_BAR_ITEMS })),
  ])
  return orgUserIds.map((orgUserId, i) => {
    const truth = truths.find((candidate) => candidate.orgUserId === orgUserId)
    return {
      orgUserId,
      items: (lists[i] ?? []).map(toBarItem),
      total: truth?.unreadUrgent ?? 0,
      unreadCount: truth?.unread ?? 0,
      version: truth?.version ?? 0,
    }
  })
}

/** Where the inboxes of these people stand. */
export const selectBarStates = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({
      orgUserId: inboxCounters.orgUserId,
      unread: inboxCounters.unread,
      unreadUrgent: inboxCounters.unreadUrgent,
      version: inboxCounters.version,
    })
    .from(inboxCounters)
    .where(isAmong(inboxCounters.orgUserId, orgUserIds))

/** The same after an arrival, and whether that is unread and newer than all that is urgent and unread. */
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
    .where(isAmong(inboxCounters.orgUserId, orgUserIds))

/** Which of these got a summary since then. */
export const selectSummarisedSince = (db: Db, { ids, since }: { ids: number[]; since: number }) =>
  db
    .select({ id: notifications.id })
    .from(notifications)
    .where(and(isAmong(notifications.id, [...new Set(ids)]), gte(notifications.summarisedAt, since)))

export const selectBarItem = (db: Db, { id }: { id: number }) =>
  db
    .select({ ...inbox.BAR_ITEM_COLUMNS, urgent: notifications.urgent })
    .from(notifications)
    .where(eq(notifications.id, id))

/** Those of these people who are members no longer. */
export const selectFormerMembers = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({ orgUserId: orgUsers.id })
    .from(orgUsers)
    .where(and(isAmong(orgUsers.id, orgUserIds), isNotNull(orgUsers.removedAt)))

const isAmong = (column: SQLiteColumn, ids: number[]): SQL =>
  sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`

type ItemRow = Omit<BarItem, "timestamp" | "urgent" | "read_status"> & { createdAt: number }

export const toBarItem = ({ id, author, message, category, createdAt }: ItemRow): BarItem => ({
  id,
  author,
  message,
  category,
  timestamp: new Date(createdAt).toISOString(),
  urgent: true,
  read_status: false,
})
