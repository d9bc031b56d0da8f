import { eq, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { inboxCounters, notifications } from "../db/schema"
import * as inbox from "../notifications/queries"
import type { BarItem } from "./events"

/** What a bar shows at most. */
export const MOST_ITEMS = 50

/** One person's bar as the database has it. `version` grows with every change of their inbox. */
export type Bar = { orgUserId: number; items: BarItem[]; total: number; unreadCount: number; version: number }

/** As many as one batch asks for: each bar is two statements, and D1 runs 1,000 in one invocation. */
const PER_BATCH = 40

/** The bars of these people: one round trip per forty. */
export async function barsOf(db: Db, { orgUserIds }: { orgUserIds: number[] }): Promise<Bar[]> {
  const bars: Bar[] = []
  for (let i = 0; i < orgUserIds.length; i += PER_BATCH) {
    bars.push(...(await readBars(db, orgUserIds.slice(i, i + PER_BATCH))))
  }
  return bars
}

async function readBars(db: Db, orgUserIds: number[]): Promise<Bar[]> {
  const [truths, ...lists] = await db.batch([
    standings(db, { orgUserIds }),
    ...orgUserIds.map((orgUserId) => inbox.urgentUnread(db, { orgUserId, limit: MOST_ITEMS })),
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
export const standings = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select()
    .from(inboxCounters)
    .where(sql`${inboxCounters.orgUserId} IN (SELECT value FROM json_each(${JSON.stringify(orgUserIds)}))`)

export const itemById = (db: Db, { id }: { id: number }) =>
  db
    .select({
      id: notifications.id,
      author: notifications.author,
      message: notifications.message,
      category: notifications.category,
      createdAt: notifications.createdAt,
      urgent: notifications.urgent,
    })
    .from(notifications)
    .where(eq(notifications.id, id))

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
