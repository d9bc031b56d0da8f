import type { Deps } from "../deps"
import { type Bar, loadBars } from "./bar-queries"
import { errorName, log } from "../runtime/log"
import type { Membership } from "../auth/membership"

/** What is unread and urgent for this person: from the organisation's bar, or from the truth if that is not there. */
export async function getUrgentBar(deps: Deps, { me }: { me: Membership }): Promise<Pick<Bar, "items" | "total">> {
  try {
    return await deps.bar(me.orgId).bar(me.orgUserId)
  } catch (error) {
    log({ event: "bar_failed", org_id: me.orgId, reason: errorName(error) })
    const [bar] = await loadBars(deps.db, { orgUserIds: [me.orgUserId] })
    return bar ?? { items: [], total: 0 }
  }
}
