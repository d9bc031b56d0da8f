import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import type { Membership } from "../auth/membership"
import * as queries from "./queries"

export async function countUnread(deps: Deps, { me }: { me: Membership }): Promise<number> {
  const [counters] = await queries.selectCounters(deps.db, { orgUserId: me.orgUserId })
  return counters?.unread ?? 0
}

/** Marks as read or unread what is this person's own. One round trip; their open tabs learn of it. */
export async function markRead(deps: Deps, { me, ids, isRead }: { me: Membership; ids: number[]; isRead: boolean }) {
  await queries.updateReadStatus(deps.db, { orgUserId: me.orgUserId, ids, isRead, now: deps.now() })
  notifyTabs(deps, me)
}

/** Marks everything as read and answers how much was not. */
export async function markAllRead(deps: Deps, { me }: { me: Membership }): Promise<number> {
  const [counters] = await deps.db.batch([
    queries.selectCounters(deps.db, { orgUserId: me.orgUserId }),
    queries.updateAllRead(deps.db, { orgUserId: me.orgUserId, now: deps.now() }),
  ])
  notifyTabs(deps, me)
  return counters[0]?.unread ?? 0
}

/** It is on its way before the answer is; if it is lost, the bar's alarm finds out within a minute. */
function notifyTabs(deps: Deps, me: Membership): void {
  const told = deps.bar(me.orgId).changed({ orgUserIds: [me.orgUserId] })
  deps.waitUntil(told.catch((error) => log({ event: "hint_lost", org_id: me.orgId, reason: errorName(error) })))
}
