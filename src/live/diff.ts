import type { BarState } from "./bar-store"
import { encodeUrgentAdded, encodeFrame } from "./protocol"

/**
 * Where an inbox stands in the database after an arrival. `isNewest`: what arrived is unread, and nothing urgent and
 * unread is newer.
 */
export type LatestState = { unread: number; unreadUrgent: number; version: number; isNewest: boolean }

/**
 * Whether this arrival is all that happened to an inbox since it was copied, so that the copy can be carried
 * forward without reading the whole bar again. A hint may be late, so that the one change need not be this one.
 */
export const isOnlyChange = (standing: BarState, truth: LatestState, arrival: { id: number; urgent: boolean }) =>
  truth.version === standing.version + 1 &&
  truth.unread === standing.unreadCount + 1 &&
  truth.unreadUrgent === standing.total + (arrival.urgent ? 1 : 0) &&
  (!arrival.urgent || (truth.isNewest && !standing.ids.includes(arrival.id)))

/**
 * The frames that turn an open bar from `before` into `after`, and the sequence number of the last. What left comes
 * first, then what arrived, oldest first; the count alone is only worth a frame if nothing else carries it.
 */
export function framesBetween(
  before: BarState,
  after: Omit<BarState, "seq">,
  textOf: (id: number) => string,
): { frames: string[]; seq: number } {
  const { unreadCount } = after
  const removed = before.ids.filter((id) => !after.ids.includes(id))
  const added = after.ids.filter((id) => !before.ids.includes(id)).toReversed()
  let { seq } = before
  const frames: string[] = []
  if (removed.length > 0) {
    frames.push(encodeFrame({ type: "urgent_removed", seq: ++seq, ids: removed, unread_count: unreadCount }))
  }
  for (const id of added) frames.push(encodeUrgentAdded(textOf(id), { seq: ++seq, unreadCount }))
  if (frames.length === 0 && before.unreadCount !== unreadCount) {
    frames.push(encodeFrame({ type: "unread_count", seq: ++seq, unread_count: unreadCount }))
  }
  return { frames, seq }
}
