import { and, asc, eq, gt, isNull, type SQL, sql } from "drizzle-orm"
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
  orgs,
  orgUsers,
  pushSubscriptions,
  signalEvents,
  userNotificationPreferences,
  userPreferences,
} from "../db/schema"

/** The author of what an erased person sent. */
export const ERASED_AUTHOR = "Former member"

type PersonKey = { slug: string; userId: string }

/** A subquery: the membership, current or former. */
const membership = (column: "id" | "email", { slug, userId }: PersonKey): SQL => sql`(
  SELECT person.${sql.raw(column)} FROM ${orgs} o CROSS JOIN ${orgUsers} person
  ON person.org_id = o.id AND person.user_id = ${userId} WHERE o.slug = ${slug}
)`

/** Records the request, with what is to be found in other rows. A person about whom nothing is left is not recorded again. */
export const upsertErasure = (db: Db, { slug, userId, now }: PersonKey & { now: number }) =>
  insertSelect(db, erasures, {
    values: {
      orgUserId: sql`person.id`,
      requestedAt: now,
      address: sql`nullif(person.email, '')`,
      name: sql`person.name`,
    },
    from: sql`${orgUsers} person WHERE person.id = ${membership("id", { slug, userId })}`,
  }).onConflictDoUpdate({
    target: erasures.orgUserId,
    set: {
      requestedAt: now,
      doneAt: null,
      address: sql`coalesce(excluded.address, ${erasures.address})`,
      name: sql`coalesce(excluded.name, ${erasures.name})`,
      eventsUpTo: 0,
    },
    setWhere: sql`excluded.address IS NOT NULL OR excluded.name IS NOT NULL`,
  })

/**
 * Nobody else has this address: in the organisation of `n`, or in any if `n` spans organisations. Current and former members
 * have an index each.
 */
const nobodyElseHas = (address: SQL, orgUserId: SQL): SQL => {
  const other = (condition: SQL) => sql`NOT EXISTS (
    SELECT 1 FROM ${orgUsers} other
    WHERE other.email = ${address} AND ${condition} AND other.id <> ${orgUserId}
      AND (n.org_id IS NULL OR other.org_id = n.org_id)
  )`
  return sql`(${other(sql`other.removed_at IS NULL`)} AND ${other(sql`other.removed_at IS NOT NULL`)})`
}

/** Deletes what is scheduled for this person alone. */
export const deleteScheduledFor = (db: Db, person: PersonKey) => {
  const address = membership("email", person)
  return db.delete(notifications).where(
    sql`id IN (
      SELECT n.id FROM ${notifications} n
      WHERE n.due_at IS NOT NULL AND n.sent_at IS NULL
        AND coalesce(n.org_id, 0) IN ((SELECT o.id FROM ${orgs} o WHERE o.slug = ${person.slug}), 0)
        AND n.audience ->> 'kind' = 'email' AND n.audience ->> 'email' = nullif(${address}, '')
        AND ${nobodyElseHas(sql`n.audience ->> 'email'`, membership("id", person))}
    )`,
  )
}

export const deleteSwitches = (db: Db, person: PersonKey) =>
  db
    .delete(userNotificationPreferences)
    .where(sql`${userNotificationPreferences.orgUserId} = ${membership("id", person)}`)

export const deleteWebAppPreferences = (db: Db, person: PersonKey) =>
  db.delete(userPreferences).where(sql`${userPreferences.orgUserId} = ${membership("id", person)}`)

export const deleteDevices = (db: Db, person: PersonKey) =>
  db.delete(pushSubscriptions).where(sql`${pushSubscriptions.orgUserId} = ${membership("id", person)}`)

/** Ends the membership and blanks the row. The platform's id stays, so that the request can be repeated. */
export const blankMember = (db: Db, { slug, userId, now }: PersonKey & { now: number }) =>
  db
    .update(orgUsers)
    .set({
      email: "",
      name: null,
      timezone: null,
      role: "member",
      removedAt: sql`coalesce(${orgUsers.removedAt}, ${now})`,
    })
    .where(
      sql`${orgUsers.id} = ${membership("id", { slug, userId })} AND (
        ${orgUsers.email} <> '' OR ${orgUsers.name} IS NOT NULL OR ${orgUsers.timezone} IS NOT NULL
        OR ${orgUsers.removedAt} IS NULL
      )`,
    )

export const selectMembershipId = (db: Db, { slug, userId }: PersonKey) =>
  db
    .select({ orgUserId: sql<number>`${orgUsers.id}`.as("org_user_id") })
    .from(orgUsers)
    .where(
      and(eq(orgUsers.userId, userId), sql`${orgUsers.orgId} = (SELECT o.id FROM ${orgs} o WHERE o.slug = ${slug})`),
    )

// Step by step --------------------------------------------------------------------------------------------

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

/** Among the notifications of the next inbox rows: those older than `created_by` name their sender only there. */
export const renameAuthorInInbox = (db: Db, erasure: OpenErasure) =>
  db
    .update(notifications)
    .set({ author: ERASED_AUTHOR })
    .where(sql`id IN (
      SELECT n.id FROM (${nextInboxRows(erasure)}) row CROSS JOIN ${notifications} n ON n.id = row.notification_id
      WHERE ${isOfOrg(erasure)} AND ${isNamedAsAuthor(erasure)}
    )`)

export const renameSender = (db: Db, erasure: OpenErasure) =>
  db
    .update(notifications)
    .set({ author: ERASED_AUTHOR })
    .where(sql`id IN (${sentInTheirName(erasure)})`)

export const deleteTheirNotifications = (db: Db, erasure: OpenErasure) =>
  db.delete(notifications).where(sql`id IN (
    SELECT n.id FROM (${nextInboxRows(erasure)}) row CROSS JOIN ${notifications} n ON n.id = row.notification_id
    WHERE ${isTheirs(erasure)}
  )`)

export const deleteInboxRows = (db: Db, erasure: OpenErasure) =>
  db
    .delete(notificationRecipients)
    .where(sql`(org_user_id, is_read, sent_at, notification_id) IN (${nextInboxRows(erasure)})`)

/** Of the next range of events about mails, deletes the finished ones that name the address. */
export const deleteMailEvents = (db: Db, { address, eventsUpTo, eventsNext }: OpenErasure) =>
  db.delete(signalEvents).where(
    sql`source = 'mail_event' AND id > ${eventsUpTo} AND id <= ${eventsNext}
      AND due_at IS NULL AND instr(lower(body), ${address}) > 0`,
  )

export const deleteLettersAbout = (db: Db, { address }: OpenErasure) =>
  db.delete(deadLetters).where(sql`instr(lower(body), ${address}) > 0`)

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
