import { type AnyColumn, and, eq, sql } from "drizzle-orm"
import type { Db } from "../../db/client"
import { orgUsers, pushSubscriptions } from "../../db/schema"

type NewKeys = Pick<typeof pushSubscriptions.$inferInsert, "endpoint" | "p256dh" | "auth" | "serverKey">

/** The devices of a membership that subscribed with this VAPID public key. No other key can push to them. */
export const selectDevices = (db: Db, { orgUserId, serverKey }: { orgUserId: number; serverKey: string }) =>
  db
    .select({ endpoint: pushSubscriptions.endpoint, createdAt: pushSubscriptions.createdAt })
    .from(pushSubscriptions)
    .where(and(eq(pushSubscriptions.orgUserId, orgUserId), eq(pushSubscriptions.serverKey, serverKey)))

/** The user of a membership. */
const selectUser = (orgUserId: number | AnyColumn) =>
  sql`(SELECT person.user_id FROM ${orgUsers} person WHERE person.id = ${orgUserId})`
const OWNER = selectUser(pushSubscriptions.orgUserId)

/**
 * Deletes a browser's subscriptions of other users. The same user's in other organisations stay. The keys must match too:
 * they prove that the caller has the browser, and does not only know its endpoint.
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

/** Writes nothing for a subscription that is stored already. */
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
 * Replaces the endpoint and the keys of a browser in all organisations of its user. Where the new endpoint is stored
 * already, the old row stays until the push service answers that it is gone.
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

/** Keeps the newest devices of a membership. Counting the few newer ones for each device needs no sort. */
export const deleteOldestDevices = (db: Db, { orgUserId, keep }: { orgUserId: number; keep: number }) =>
  db.delete(pushSubscriptions).where(
    and(
      eq(pushSubscriptions.orgUserId, orgUserId),
      sql`${keep} <= (
        SELECT count(*) FROM ${pushSubscriptions} other WHERE other.org_user_id = ${orgUserId}
          AND (other.created_at, other.endpoint) > (${pushSubscriptions}.created_at, ${pushSubscriptions}.endpoint)
      )`,
    ),
  )

export const deleteDevice = (db: Db, { orgUserId, endpoint }: { orgUserId: number; endpoint: string }) =>
  db
    .delete(pushSubscriptions)
    .where(and(eq(pushSubscriptions.orgUserId, orgUserId), eq(pushSubscriptions.endpoint, endpoint)))
