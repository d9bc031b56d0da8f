import type { BarItem } from "../../../domain/bar-item"

/**
 * The order in which the bar steps through its items. The newest new item comes first, items that were shown keep their
 * places, and other new items follow, oldest first. `urgent` is newest first.
 */
export function orderItems(shown: BarItem[], urgent: BarItem[]): BarItem[] {
  const [newest, ...older] = urgent.filter((item) => shown.every(({ id }) => id !== item.id))
  const stillThere = shown.flatMap(({ id }) => urgent.find((item) => item.id === id) ?? [])
  return [...(newest ? [newest] : []), ...stillThere, ...older.toReversed()]
}
