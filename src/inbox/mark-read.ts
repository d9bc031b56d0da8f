import type { Membership } from "../auth/membership"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import * as queries from "./queries"

export async function countUnread(deps: Deps, { me }: { me: Membership }): Promise<number> {
  const [counters] = await queries.selectCounters(deps.db, { orgUserId: me.orgUserId })
  return counters?.unread ?? 0
}

/** Marks notifications of this person's inbox as read or unread. Ids from elsewhere are ignored. One round trip. */
export async function markRead(deps: Deps, { me, ids, isRead }: { me: Membership; ids: number[]; isRead: boolean }) {
  await queries.updateReadStatus(deps.db, { orgUserId: me.orgUserId, ids, isRead, now: deps.now() })
  updateBar(deps, me)
}

/** Marks the whole inbox as read. Returns how many notifications were unread. */
export async function markAllRead(deps: Deps, { me }: { me: Membership }): Promise<number> {
  const [counters] = await deps.db.batch([
    queries.selectCounters(deps.db, { orgUserId: me.orgUserId }),
    queries.updateAllRead(deps.db, { orgUserId: me.orgUserId, now: deps.now() }),
  ])
  updateBar(deps, me)
  return counters[0]?.unread ?? 0
}

/** Open tabs are updated while the response is sent. If the call fails, the alarm of the bar updates them within a minute. */
function updateBar(deps: Deps, me: Membership): void {
  const update = deps.bar(me.orgId).changed({ orgUserIds: [me.orgUserId] })
  deps.waitUntil(
    update.catch((error) => log({ event: "urgent_bar_update_failed", org_id: me.orgId, reason: errorName(error) })),
  )
}
