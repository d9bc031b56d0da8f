import { and, asc, eq, gt, isNull, type SQL, sql } from "drizzle-orm"
import { ERASED_AUTHOR } from "../domain/announcement"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { insertSelect } from "../db/insert-select"
import {
  deadLetters,
  deletedImports,
  deliveries,
  erasures,
  inboxCounters,
  notificationRecipients,
  notifications,
  orgUsers,
  signalEvents,
} from "../db/schema"
import { nobodyElseHas } from "./erasure-queries"

// Each statement handles a limited number of rows, and finds nothing if it runs twice.

const ROWS_PER_STEP = 250
const EVENTS_PER_STEP = 500

export type OpenErasure = {
  orgUserId: number
  orgId: number
  userId: string
  requestedAt: number
  address: string | null
  name: string | null
  eventsUpTo: number
  eventsNext: number | null
}

/**
 * Erasures that are not done: of these people, or the first few. `eventsNext` ends the next range of events about mails. The
 * condition on the id makes SQLite search the index.
 */
export const selectOpenErasures = (db: Db, { orgUserIds, limit }: { orgUserIds?: number[]; limit: number }) =>
  db
    .select({
      orgUserId: sql<number>`${erasures.orgUserId}`.as("org_user_id"),
      orgId: sql<number>`${orgUsers.orgId}`.as("org_id"),
      userId: sql<string>`${orgUsers.userId}`.as("user_id"),
      requestedAt: erasures.requestedAt,
      address: erasures.address,
      name: sql<string | null>`${erasures.name}`.as("erased_name"),
      eventsUpTo: erasures.eventsUpTo,
      eventsNext: sql<number | null>`(
        SELECT max(next.id) FROM (
          SELECT s.id FROM ${signalEvents} s WHERE s.source = 'mail_event' AND s.id > ${erasures.eventsUpTo}
          ORDER BY s.id LIMIT ${EVENTS_PER_STEP}
        ) next
      )`.as("events_next"),
    })
    .from(erasures)
    .innerJoin(orgUsers, eq(orgUsers.id, erasures.orgUserId))
    .where(
      and(isNull(erasures.doneAt), gt(erasures.orgUserId, 0), orgUserIds && inList(erasures.orgUserId, orgUserIds)),
    )
    .orderBy(asc(erasures.orgUserId))
    .limit(limit)

/** A subquery: the next inbox rows. A person who has returned keeps what came after the request. */
const nextInboxRows = ({ orgUserId, requestedAt }: OpenErasure): SQL => sql`
  SELECT r.org_user_id, r.is_read, r.sent_at, r.notification_id FROM ${notificationRecipients} r
  WHERE r.org_user_id = ${orgUserId} AND r.is_read IN (0, 1) AND r.sent_at <= ${requestedAt}
  ORDER BY r.is_read, r.sent_at, r.notification_id LIMIT ${ROWS_PER_STEP}`

/** `n` went to this person alone. */
const isTheirs = ({ orgUserId }: OpenErasure): SQL => sql`CASE n.audience ->> 'kind'
  WHEN 'email' THEN ${nobodyElseHas(sql`n.audience ->> 'email'`, sql`${orgUserId}`)}
  WHEN 'org_users' THEN json_array_length(n.audience, '$.ids') = 1 AND n.audience ->> '$.ids[0]' = ${orgUserId}
END`

/** `n` belongs to this organisation; or to several, if the person is in no other. */
const isOfOrg = ({ orgId, userId }: OpenErasure): SQL => sql`(n.org_id = ${orgId} OR n.org_id IS NULL AND NOT EXISTS (
  SELECT 1 FROM ${orgUsers} elsewhere WHERE elsewhere.user_id = ${userId} AND elsewhere.removed_at IS NULL
))`

const isNamedAsAuthor = ({ address, name }: OpenErasure): SQL =>
  sql`lower(trim(n.author)) IN (lower(${address}), lower(${name}))`

/** Another person signed in to send it: they may have the same name. */
const isSentByAnother = ({ userId }: OpenErasure): SQL =>
  sql`(n.created_by GLOB 'person:*' AND n.created_by <> ${`person:${userId}`})`

/** A subquery: what this person sent under their own name. */
const sentInTheirName = (erasure: OpenErasure): SQL => sql`
  SELECT n.id FROM ${notifications} n
  WHERE n.created_by = ${`person:${erasure.userId}`} AND n.created_by GLOB 'person:*'
    AND ${isOfOrg(erasure)} AND ${isNamedAsAuthor(erasure)} LIMIT ${ROWS_PER_STEP}`

/** An import does not bring these notifications back. */
export const insertDeletedImports = (db: Db, erasure: OpenErasure) =>
  insertSelect(db, deletedImports, {
    values: { publicationId: sql`n.publication_id` },
    from: sql`(${nextInboxRows(erasure)}) row CROSS JOIN ${notifications} n ON n.id = row.notification_id
      WHERE n.publication_id GLOB 'dalgo:*' AND ${isTheirs(erasure)}`,
  }).onConflictDoNothing()

export const deleteDeliveriesOfInbox = (db: Db, erasure: OpenErasure) =>
  db.delete(deliveries).where(sql`(notification_id, channel, recipient_id) IN (
    SELECT row.notification_id, channel.value, row.org_user_id
    FROM (${nextInboxRows(erasure)}) row CROSS JOIN json_each('["email","push"]') channel
  )`)

const RENAMED = { id: notifications.id, urgent: notifications.urgent }

/** Among the notifications of the next inbox rows: those older than `created_by` name their sender only there. */
export const renameAuthorInInbox = (db: Db, erasure: OpenErasure) =>
  db
    .update(notifications)
    .set({ author: ERASED_AUTHOR })
    .where(sql`id IN (
      SELECT n.id FROM (${nextInboxRows(erasure)}) row CROSS JOIN ${notifications} n ON n.id = row.notification_id
      WHERE ${isOfOrg(erasure)} AND ${isNamedAsAuthor(erasure)} AND NOT coalesce(${isSentByAnother(erasure)}, 0)
    )`)
    .returning(RENAMED)

export const renameSender = (db: Db, erasure: OpenErasure) =>
  db
    .update(notifications)
    .set({ author: ERASED_AUTHOR })
    .where(sql`id IN (${sentInTheirName(erasure)})`)
    .returning(RENAMED)

export const deleteTheirNotifications = (db: Db, erasure: OpenErasure) =>
  db.delete(notifications).where(sql`id IN (
    SELECT n.id FROM (${nextInboxRows(erasure)}) row CROSS JOIN ${notifications} n ON n.id = row.notification_id
    WHERE ${isTheirs(erasure)}
  )`)

export const deleteInboxRows = (db: Db, erasure: OpenErasure) =>
  db
    .delete(notificationRecipients)
    .where(sql`(org_user_id, is_read, sent_at, notification_id) IN (${nextInboxRows(erasure)})`)

/**
 * Whether a JSON text names this address, and not only a longer one that contains it. The address becomes one character
 * first, since D1 limits a GLOB pattern to 50 bytes.
 */
const namesAddress = (text: SQL, address: string | null) =>
  sql`replace(lower(${text}), ${address}, char(1)) GLOB '*[^-0-9a-z._+]' || char(1) || '[^-0-9a-z.]*'`

/** Of the next range of events about mails, deletes the finished ones that name the address. */
export const deleteMailEvents = (db: Db, { address, eventsUpTo, eventsNext }: OpenErasure) =>
  db.delete(signalEvents).where(
    sql`source = 'mail_event' AND id > ${eventsUpTo} AND id <= ${eventsNext}
      AND due_at IS NULL AND ${namesAddress(sql`body`, address)}`,
  )

/** Deletes the dead letters that name the address. */
export const deleteDeadLetters = (db: Db, { address }: OpenErasure) =>
  db.delete(deadLetters).where(namesAddress(sql`body`, address))

export const advanceEvents = (db: Db, { orgUserId, requestedAt, eventsNext }: OpenErasure) =>
  db
    .update(erasures)
    .set({ eventsUpTo: sql`max(${erasures.eventsUpTo}, ${eventsNext ?? 0})` })
    .where(and(eq(erasures.orgUserId, orgUserId), eq(erasures.requestedAt, requestedAt)))

/** Ends the erasure if nothing is left, and forgets what it looked for. */
export const finishErasure = (db: Db, erasure: OpenErasure & { now: number }) =>
  db
    .update(erasures)
    .set({ doneAt: erasure.now, address: null, name: null })
    .where(
      sql`org_user_id = ${erasure.orgUserId} AND requested_at = ${erasure.requestedAt} AND done_at IS NULL
        AND NOT EXISTS (${nextInboxRows(erasure)}) AND NOT EXISTS (${sentInTheirName(erasure)})
        AND NOT EXISTS (SELECT 1 FROM ${signalEvents} s WHERE s.source = 'mail_event' AND s.id > events_up_to)`,
    )
    .returning({ orgUserId: erasures.orgUserId })

/** Deletes the counters of an inbox that is empty. */
export const deleteCounters = (db: Db, { orgUserId }: OpenErasure) =>
  db.delete(inboxCounters).where(
    sql`org_user_id = ${orgUserId} AND total = 0
      AND EXISTS (SELECT 1 FROM ${orgUsers} WHERE id = ${orgUserId} AND removed_at IS NOT NULL)`,
  )
