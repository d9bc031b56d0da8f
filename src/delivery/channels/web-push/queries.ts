import { and, eq, isNull, sql } from "drizzle-orm"
import { utcDay } from "../../../domain/time"
import type { Db } from "../../../db/client"
import { inList } from "../../../db/in-list"
import { orgs, orgUsers, pushSubscriptions, signalEvents } from "../../../db/schema"

/** One row for each device of the people who are still members; one row without a device for a member who has none. */
export const selectDevices = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({
      recipientId: sql<number>`${orgUsers.id}`.as("recipient_id"),
      orgName: sql<string>`${orgs.name}`.as("org_name"),
      orgSlug: sql<string>`${orgs.slug}`.as("org_slug"),
      endpoint: pushSubscriptions.endpoint,
      p256dh: pushSubscriptions.p256dh,
      auth: pushSubscriptions.auth,
      serverKey: pushSubscriptions.serverKey,
    })
    .from(orgUsers)
    .innerJoin(orgs, eq(orgs.id, orgUsers.orgId))
    .leftJoin(pushSubscriptions, eq(pushSubscriptions.orgUserId, orgUsers.id))
    .where(and(isNull(orgUsers.removedAt), inList(orgUsers.id, orgUserIds)))

/** Deletes the subscriptions of these endpoints, of all people and organisations. */
export const deleteDevices = (db: Db, { endpoints }: { endpoints: string[] }) =>
  db.delete(pushSubscriptions).where(inList(pushSubscriptions.endpoint, endpoints))

/** Inserts the event that is processed into a message to the platform admins. Returns no row if today has one already. */
export const insertRefusedKeyEvent = (db: Db, { reason, now, dueAt }: { reason: string; now: number; dueAt: number }) =>
  db
    .insert(signalEvents)
    .values({
      source: "push_key_refused",
      body: JSON.stringify({ reason }),
      status: "received",
      dedupeKey: `push_key_refused:${utcDay(now)}`,
      receivedAt: now,
      updatedAt: now,
      dueAt,
    })
    .onConflictDoNothing()
    .returning({ id: signalEvents.id })
