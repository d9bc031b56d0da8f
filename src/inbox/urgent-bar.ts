import type { Membership } from "../auth/membership"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { type Bar, loadBars } from "./bar-queries"

/**
 * This person's urgent bar: from the Durable Object of the organisation or, if that fails or takes a second, from the
 * database.
 */
export async function getUrgentBar(deps: Deps, { me }: { me: Membership }): Promise<Pick<Bar, "items" | "total">> {
  try {
    return await deps.bar(me.orgId).bar(me.orgUserId)
  } catch (error) {
    log({ event: "urgent_bar_unavailable", org_id: me.orgId, reason: errorName(error) })
    const [bar] = await loadBars(deps.db, { orgUserIds: [me.orgUserId] })
    return bar ?? { items: [], total: 0 }
  }
}
