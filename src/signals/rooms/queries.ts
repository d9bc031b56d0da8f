import { eq } from "drizzle-orm"
import type { Room } from "../../channels"
import type { Db } from "../../db/client"
import { orgPreferences, orgs, ROOM } from "../../db/schema"

/** An organisation, and why its room is gone, as far as that still holds. */
export const orgWithRoom = (db: Db, { orgId, room }: { orgId: number; room: Room }) =>
  db
    .select({
      id: orgs.id,
      slug: orgs.slug,
      name: orgs.name,
      llmOptin: orgPreferences.llmOptin,
      urgentCategories: orgPreferences.urgentCategories,
      reason: orgPreferences[ROOM[room].reason],
    })
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(eq(orgs.id, orgId))
