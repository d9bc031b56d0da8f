import { eq } from "drizzle-orm"
import type { Room } from "../../domain/channels"
import type { Db } from "../../db/client"
import { orgPreferences, orgs, ROOM } from "../../db/schema"
import { WHO_IS_TOLD } from "../../orgs/queries"

/** An organisation, and why its room is gone, as far as that still holds. */
export const orgWithRoom = (db: Db, { orgId, room }: { orgId: number; room: Room }) =>
  db
    .select({ ...WHO_IS_TOLD, reason: orgPreferences[ROOM[room].reason] })
    .from(orgs)
    .leftJoin(orgPreferences, eq(orgPreferences.orgId, orgs.id))
    .where(eq(orgs.id, orgId))
