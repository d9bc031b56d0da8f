import { type AnyColumn, and, eq, sql } from "drizzle-orm"
import type { Db } from "../../db/client"
import { orgUsers, pushSubscriptions } from "../../db/schema"

type NewKeys = Pick<typeof pushSubscriptions.$inferInsert, "endpoint" | "p256dh" | "auth" | "serverKey">

/** Those that can be pushed to by this key of ours. */
export const selectDevices = (db: Db, { orgUserId, serverKey }: { orgUserId: number; serverKey: string }) =>
  db
    .select({ endpoint: pushSubscriptions.endpoint, createdAt: pushSubscriptions.createdAt })
    .from(pushSubscriptions)
    .where(and(eq(pushSubscriptions.orgUserId, orgUserId), eq(pushSubscriptions.serverKey, serverKey)))

/** The person of a membership. */
const selectUser = (orgUserId: number | AnyColumn) =>
  sql`(SELECT person.user_id FROM ${orgUsers} person WHERE person.id = ${orgUserId})`
const OWNER = selectUser(pushSubscriptions.orgUserId)

/**
 * Takes a browser from whoever had it before: of somebody who is one person in several organisations it stays. Its keys
 * are asked for too, since an address alone may be known to somebody who does not have the browser.
 */
export const deleteOtherOwners = (
  db: Db,
  { orgUserId, endpoint, p256dh, auth }: Omit<NewKeys, "serverKey"> & { orgUserId: number },
) =>
  db
    .delete(pushSubscriptions)
    .where(
      and(
        eq(pushSubscriptions.endpoint, endpoint),
        eq(pushSubscriptions.p256dh, p256dh),
        eq(pushSubscriptions.auth, auth),
        sql`${OWNER} <> ${selectUser(orgUserId)}`,
      ),
    )

/** The same again changes nothing. */
export const upsertDevice = (db: Db, device: typeof pushSubscriptions.$inferInsert) =>
  db
    .insert(pushSubscriptions)
    .values(device)
    .onConflictDoUpdate({
      target: [pushSubscriptions.orgUserId, pushSubscriptions.endpoint],
      set: { p256dh: device.p256dh, auth: device.auth, serverKey: device.serverKey },
      setWhere: sql`(${pushSubscriptions.p256dh}, ${pushSubscriptions.auth}, ${pushSubscriptions.serverKey})
        <> (excluded.p256dh, excluded.auth, excluded.server_key)`,
    })

/**
 * One browser at a new address, in all organisations of its person. Where it is known by that already, the old row
 * stays: the push service says that it is gone.
 */
export const updateDeviceKeys = (db: Db, { orgUserId, from, ...to }: NewKeys & { orgUserId: number; from: string }) =>
  db
    .update(pushSubscriptions)
    .set(to)
    .where(
      and(
        eq(pushSubscriptions.endpoint, from),
        sql`${OWNER} = ${selectUser(orgUserId)}`,
        sql`NOT EXISTS (
          SELECT 1 FROM ${pushSubscriptions} other
          WHERE other.org_user_id = ${pushSubscriptions}.org_user_id AND other.endpoint = ${to.endpoint}
        )`,
      ),
    )

/** Leaves a person their newest devices. Each is counted against the few others, which needs no sorting. */
export const deleteOldestDevices = (db: Db, { orgUserId, most }: { orgUserId: number; most: number }) =>
  db.delete(pushSubscriptions).where(
    and(
      eq(pushSubscriptions.orgUserId, orgUserId),
      sql`${most} <= (
        SELECT count(*) FROM ${pushSubscriptions} other WHERE other.org_user_id = ${orgUserId}
          AND (other.created_at, other.endpoint) > (${pushSubscriptions}.created_at, ${pushSubscriptions}.endpoint)
      )`,
    ),
  )

export const deleteDevice = (db: Db, { orgUserId, endpoint }: { orgUserId: number; endpoint: string }) =>
  db
    .delete(pushSubscriptions)
    .where(and(eq(pushSubscriptions.orgUserId, orgUserId), eq(pushSubscriptions.endpoint, endpoint)))
