import { and, eq, type SQL, sql } from "drizzle-orm"
import { type DeliveryChannel, PLATFORM_ADMIN_CHANNELS, CHAT_PRODUCTS } from "../../domain/channels"
import type { Db } from "../../db/client"
import { mergeSorted, intLiteral } from "../../db/merge-sorted"
import { deliveries, orgs, orgUsers } from "../../db/schema"
import type { DeliveryKey, DeliveryCursor } from "./id"
import type { UndeliveredStatus } from "./schemas"

/** With `orgId` undefined: of all organisations. */
type UndeliveredFilter = {
  orgId: number | undefined
  statuses: UndeliveredStatus[]
  limit: number
  after: DeliveryCursor | undefined
}

const KEY = sql`updated_at, notification_id, channel, recipient_id`
const NEWEST_FIRST = sql`updated_at DESC, notification_id DESC, channel DESC, recipient_id DESC`

const recipient = sql<string>`CASE
  WHEN failed.channel IN ${[...CHAT_PRODUCTS]} THEN (SELECT o.name FROM ${orgs} o WHERE o.id = failed.recipient_id)
  WHEN failed.channel IN ${[...PLATFORM_ADMIN_CHANNELS]} THEN 'platform admins'
  ELSE (SELECT u.email FROM ${orgUsers} u WHERE u.id = failed.recipient_id)
END`.as("recipient")

/** One page, newest first. The extra row after `limit` says that there is a next page. */
export const selectUndeliveredPage = (db: Db, { limit, ...filter }: UndeliveredFilter) =>
  db
    .select({
      notificationId: sql<number>`failed.notification_id`.as("notification_id"),
      channel: sql<DeliveryChannel>`failed.channel`.as("channel"),
      recipientId: sql<number>`failed.recipient_id`.as("recipient_id"),
      recipient,
      status: sql<UndeliveredStatus>`failed.status`.as("status"),
      attempts: sql<number>`failed.attempts`.as("attempts"),
      reason: sql<string | null>`failed.reason`.as("reason"),
      updatedAt: sql<number>`failed.updated_at`.as("updated_at"),
    })
    .from(sql`(${mergeSorted(statusSelects(filter), NEWEST_FIRST)} LIMIT ${intLiteral(limit + 1)}) AS failed`)
    .orderBy(NEWEST_FIRST)

/** One sorted select for each status. The status is a literal, since SQLite cannot match a parameter to a partial index. */
const statusSelects = ({ orgId, statuses, after }: Omit<UndeliveredFilter, "limit">): SQL[] =>
  statuses.map((status) => {
    const conditions = [
      sql`status = ${sql.raw(`'${status}'`)}`,
      ...(orgId === undefined ? [] : [sql`org_id = ${intLiteral(orgId)}`]),
      ...(after
        ? [sql`(${KEY}) < (${after.at}, ${after.notificationId}, ${after.channel}, ${after.recipientId})`]
        : []),
    ]
    return sql`SELECT ${KEY}, status, attempts, reason FROM ${deliveries} WHERE ${sql.join(conditions, sql` AND `)}`
  })

/** The organisation of a delivery. No row: there is no such delivery. */
export const selectDeliveryOrg = (db: Db, { notificationId, channel, recipientId }: DeliveryKey) =>
  db
    .select({ orgId: deliveries.orgId })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.notificationId, notificationId),
        eq(deliveries.channel, channel),
        eq(deliveries.recipientId, recipientId),
      ),
    )
