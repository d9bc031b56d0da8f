import { and, eq, isNotNull, or, type SQL, sql } from "drizzle-orm"
import type { ChatProduct } from "../../../domain/channels"
import type { Db } from "../../../db/client"
import { inList } from "../../../db/in-list"
import { insertSelect } from "../../../db/insert-select"
import { chatWebhooks, orgs, signalEvents } from "../../../db/schema"

/** The stored webhooks of these organisations that are enabled, or were until the product answered that they are gone. */
export const selectWebhooks = (db: Db, { product, orgIds }: { product: ChatProduct; orgIds: number[] }) =>
  db
    .select({
      orgId: chatWebhooks.orgId,
      orgName: orgs.name,
      webhook: sql<string>`${chatWebhooks.webhook}`.as("webhook"),
      enabled: chatWebhooks.enabled,
      goneReason: chatWebhooks.goneReason,
    })
    .from(chatWebhooks)
    .innerJoin(orgs, eq(orgs.id, chatWebhooks.orgId))
    .where(
      and(
        inList(chatWebhooks.orgId, orgIds),
        eq(chatWebhooks.product, product),
        or(eq(chatWebhooks.enabled, true), isNotNull(chatWebhooks.goneAt)),
        // Not `IS NOT NULL`, for which SQLite would read the webhooks of all organisations by their index.
        sql`${chatWebhooks.webhook} <> ''`,
      ),
    )

export const selectOrgName = (db: Db, { orgId }: { orgId: number }) =>
  db.select({ orgName: orgs.name }).from(orgs).where(eq(orgs.id, orgId))

/** An enabled webhook, as it is stored. `isActive` matches no row if an admin has stored another one meanwhile. */
type ActiveWebhook = { orgId: number; product: ChatProduct; webhook: string; now: number }

const isActive = ({ orgId, product, webhook }: ActiveWebhook): SQL | undefined =>
  and(
    eq(chatWebhooks.orgId, orgId),
    eq(chatWebhooks.product, product),
    eq(chatWebhooks.enabled, true),
    eq(chatWebhooks.webhook, webhook),
  )

/** Inserts the event that is processed into a notification to the organisation's admins. */
export const insertGoneEvent = (db: Db, { dueAt, ...active }: ActiveWebhook & { dueAt: number }) => {
  const { orgId, product, now } = active
  return insertSelect(db, signalEvents, {
    values: {
      source: "room_gone",
      body: JSON.stringify({ orgId, product }),
      status: "received",
      receivedAt: now,
      updatedAt: now,
      dueAt,
      orgId,
    },
    from: sql`${chatWebhooks} WHERE ${isActive(active)}`,
  }).returning({ id: signalEvents.id })
}

/** The webhook stays stored, so that its admins see which one it was. */
export const disableWebhook = (db: Db, { goneReason, ...active }: ActiveWebhook & { goneReason: string }) =>
  db
    .update(chatWebhooks)
    .set({ enabled: false, goneAt: active.now, goneReason, updatedAt: active.now })
    .where(isActive(active))
