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
      refusedReason: chatWebhooks.refusedReason,
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
type ActiveWebhook = { orgId: number; product: ChatProduct; webhook: string }
type Change = ActiveWebhook & { now: number; reason: string }

const isActive = ({ orgId, product, webhook }: ActiveWebhook): SQL | undefined =>
  and(
    eq(chatWebhooks.orgId, orgId),
    eq(chatWebhooks.product, product),
    eq(chatWebhooks.enabled, true),
    eq(chatWebhooks.webhook, webhook),
  )

const isRefusedAnew = (change: Change): SQL | undefined =>
  and(isActive(change), sql`${chatWebhooks.refusedReason} IS NOT ${change.reason}`)

/** Inserts an event that is processed into a notification to the organisation's admins. */
const insertEvent = (
  db: Db,
  {
    body,
    where,
    orgId,
    now,
    dueAt,
  }: { body: object; where: SQL | undefined; orgId: number; now: number; dueAt: number },
) =>
  insertSelect(db, signalEvents, {
    values: {
      source: "room_gone",
      body: JSON.stringify(body),
      status: "received",
      receivedAt: now,
      updatedAt: now,
      dueAt,
      orgId,
    },
    from: sql`${chatWebhooks} WHERE ${where}`,
  }).returning({ id: signalEvents.id })

export const insertGoneEvent = (db: Db, { dueAt, ...change }: Change & { dueAt: number }) => {
  const { orgId, product, now } = change
  return insertEvent(db, { body: { orgId, product }, where: isActive(change), orgId, now, dueAt })
}

/** The webhook stays stored, so that its admins see which one it was. */
export const disableWebhook = (db: Db, { reason, now, ...active }: Change) =>
  db
    .update(chatWebhooks)
    .set({ enabled: false, goneAt: now, goneReason: reason, updatedAt: now })
    .where(isActive(active))

export const insertRefusedEvent = (db: Db, { dueAt, ...change }: Change & { dueAt: number }) => {
  const { orgId, product, now } = change
  const body = { orgId, product, kind: "wrong_setting" }
  return insertEvent(db, { body, where: isRefusedAnew(change), orgId, now, dueAt })
}

/** The webhook stays enabled: it works again once an admin has corrected the setting. */
export const updateRefusal = (db: Db, change: Change) =>
  db.update(chatWebhooks).set({ refusedAt: change.now, refusedReason: change.reason }).where(isRefusedAnew(change))

export const clearRefusal = (db: Db, active: ActiveWebhook) =>
  db.update(chatWebhooks).set({ refusedAt: null, refusedReason: null }).where(isActive(active))

/** For a test message, which the product has taken: whatever it refused before is corrected. */
export const clearAnyRefusal = (db: Db, { orgId, product }: { orgId: number; product: ChatProduct }) =>
  db
    .update(chatWebhooks)
    .set({ refusedAt: null, refusedReason: null })
    .where(and(eq(chatWebhooks.orgId, orgId), eq(chatWebhooks.product, product), isNotNull(chatWebhooks.refusedReason)))
