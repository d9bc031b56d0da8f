import type { BarState } from "./bar-store"
import { encodeUrgentAdded, encodeFrame } from "./protocol"

/**
 * The counters of an inbox after a notification arrived. `isNewest`: that notification is unread, and no newer urgent one
 * is unread.
 */
export type LatestState = { unread: number; unreadUrgent: number; version: number; isNewest: boolean }

/**
 * Whether this arrival is the only change of the inbox since its state was saved. Then the new state follows without
 * reading the whole bar again. The version alone does not tell, since calls may arrive late: the one change may be another.
 */
export const isOnlyChange = (state: BarState, latest: LatestState, arrival: { id: number; urgent: boolean }) =>
  latest.version === state.version + 1 &&
  latest.unread === state.unreadCount + 1 &&
  latest.unreadUrgent === state.total + (arrival.urgent ? 1 : 0) &&
  (!arrival.urgent || (latest.isNewest && !state.ids.includes(arrival.id)))

/**
 * The frames that turn an open bar from `before` into `after`, and the sequence number of the last one. Removals come
 * first, then additions, oldest first. The unread count gets a frame of its own only if no other frame carries it.
 */
export function framesBetween(
  before: BarState,
  after: Omit<BarState, "seq">,
  itemJson: (id: number) => string,
): { frames: string[]; seq: number } {
  const { unreadCount } = after
  const removed = before.ids.filter((id) => !after.ids.includes(id))
  const added = after.ids.filter((id) => !before.ids.includes(id)).toReversed()
  let { seq } = before
  const frames: string[] = []
  if (removed.length > 0) {
    frames.push(encodeFrame({ type: "urgent_removed", seq: ++seq, ids: removed, unread_count: unreadCount }))
  }
  for (const id of added) frames.push(encodeUrgentAdded(itemJson(id), { seq: ++seq, unreadCount }))
  if (frames.length === 0 && before.unreadCount !== unreadCount) {
    frames.push(encodeFrame({ type: "unread_count", seq: ++seq, unread_count: unreadCount }))
  }
  return { frames, seq }
}
