import { and, eq, isNotNull, sql } from "drizzle-orm"
import type { ChatProduct } from "../../domain/channels"
import type { Db } from "../../db/client"
import { chatWebhooks, orgPreferences, orgs } from "../../db/schema"

/**
 * The preferences of an organisation: one row for each chat product that has a row, or one row without a product. An
 * organisation starts without a row in either table.
 */
export const selectOrgPreferences = (db: Db, { orgId }: { orgId: number }) =>
  db
    .select({
      name: orgs.name,
      slug: orgs.slug,
      llmOptin: orgPreferences.llmOptin,
      urgentCategories: orgPreferences.urgentCategories,
      product: chatWebhooks.product,
      enabled: chatWebhooks.enabled,
      webhook: chatWebhooks.webhook,
      goneAt: chatWebhooks.goneAt,
      goneReason: chatWebhooks.goneReason,
    })
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .leftJoin(chatWebhooks, eq(chatWebhooks.orgId, orgs.id))
    .where(eq(orgs.id, orgId))

type Owner = { orgId: number; product: ChatProduct }

/** Nothing is known yet of a webhook that an admin stores or enables. */
const UNTRIED = { goneAt: null, goneReason: null, refusedAt: null, refusedReason: null }

/** Stores and enables this webhook; or, with `null`, removes the stored one and disables the product. */
export function upsertWebhook(db: Db, { webhook, now, ...owner }: Owner & { webhook: string | null; now: number }) {
  const set = { ...UNTRIED, enabled: webhook !== null, webhook, updatedAt: now }
  return db
    .insert(chatWebhooks)
    .values({ ...owner, ...set, createdAt: now })
    .onConflictDoUpdate({ target: [chatWebhooks.orgId, chatWebhooks.product], set })
}

/** Enables the stored webhook, if there still is one. */
export const enableWebhook = (db: Db, { orgId, product, now }: Owner & { now: number }) =>
  db
    .update(chatWebhooks)
    .set({ ...UNTRIED, enabled: true, updatedAt: now })
    .where(and(eq(chatWebhooks.orgId, orgId), eq(chatWebhooks.product, product), isNotNull(chatWebhooks.webhook)))

/** Up to `limit` stored webhooks in these half-open ranges. */
export const selectWebhooksInRanges = (
  db: Db,
  { product, ranges, limit }: { product: ChatProduct; ranges: [from: string, to: string][]; limit: number },
) =>
  db
    .select({
      orgId: chatWebhooks.orgId,
      product: chatWebhooks.product,
      webhook: sql<string>`${chatWebhooks.webhook}`.as("webhook"),
    })
    .from(sql`json_each(${JSON.stringify(ranges)}) span`)
    .crossJoin(chatWebhooks)
    .where(
      and(
        eq(chatWebhooks.product, product),
        sql`${chatWebhooks.webhook} >= span.value ->> 0 AND ${chatWebhooks.webhook} < span.value ->> 1`,
      ),
    )
    .limit(limit)

type Replacement = Owner & { webhook: string; encrypted: string }

/** Replaces stored webhooks by their encrypted form. A webhook that has changed meanwhile stays. */
export const replaceWebhooks = (db: Db, { replacements }: { replacements: Replacement[] }) =>
  db
    .update(chatWebhooks)
    .set({ webhook: sql`one.value ->> 'encrypted'` })
    .from(sql`json_each(${JSON.stringify(replacements)}) one`)
    .where(
      and(
        eq(chatWebhooks.orgId, sql`one.value ->> 'orgId'`),
        eq(chatWebhooks.product, sql`one.value ->> 'product'`),
        eq(chatWebhooks.webhook, sql`one.value ->> 'webhook'`),
      ),
    )
