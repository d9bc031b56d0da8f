import { and, eq } from "drizzle-orm"
import type { ChatProduct } from "../../domain/channels"
import type { Db } from "../../db/client"
import { chatWebhooks, orgPreferences, orgs } from "../../db/schema"
import { ORG_SETTINGS_COLUMNS } from "../../orgs/queries"

/** An organisation, and why its webhook is gone or refuses; `null` if an admin has stored another one meanwhile. */
export const selectOrgWithReasons = (db: Db, { orgId, product }: { orgId: number; product: ChatProduct }) =>
  db
    .select({
      ...ORG_SETTINGS_COLUMNS,
      goneAt: chatWebhooks.goneAt,
      goneReason: chatWebhooks.goneReason,
      refusedReason: chatWebhooks.refusedReason,
    })
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .leftJoin(chatWebhooks, and(eq(chatWebhooks.orgId, orgs.id), eq(chatWebhooks.product, product)))
    .where(eq(orgs.id, orgId))
