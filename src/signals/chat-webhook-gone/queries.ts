import { eq } from "drizzle-orm"
import type { ChatProduct } from "../../domain/channels"
import type { Db } from "../../db/client"
import { orgPreferences, orgs, CHAT_COLUMNS } from "../../db/schema"
import { ORG_SETTINGS_COLUMNS } from "../../orgs/queries"

/** An organisation, and why its room is gone, as far as that still holds. */
export const selectOrgWithWebhook = (db: Db, { orgId, room }: { orgId: number; room: ChatProduct }) =>
  db
    .select({ ...ORG_SETTINGS_COLUMNS, reason: orgPreferences[CHAT_COLUMNS[room].reason] })
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(eq(orgs.id, orgId))
