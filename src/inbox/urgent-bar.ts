import type { Deps } from "../deps"
import { type Bar, barsOf } from "./bar-queries"
import { kindOf, log } from "../runtime/log"
import type { Membership } from "../auth/membership"

/** What is unread and urgent for this person: from the organisation's bar, or from the truth if that is not there. */
export async function urgentBar(deps: Deps, { me }: { me: Membership }): Promise<Pick<Bar, "items" | "total">> {
  try {
    return await deps.bar(me.orgId).bar(me.orgUserId)
  } catch (error) {
    log({ event: "bar_failed", org_id: me.orgId, reason: kindOf(error) })
    const [bar] = await barsOf(deps.db, { orgUserIds: [me.orgUserId] })
    return bar ?? { items: [], total: 0 }
  }
}
