import type { BarItem } from "../../../domain/bar-item"

/**
 * The order in which the bar steps through its items: what is new comes first, and behind the newest the oldest, which
 * has waited longest. An item keeps its place while others come and go. `urgent` is newest first.
 */
export function arrange(shown: BarItem[], urgent: BarItem[]): BarItem[] {
  const [newest, ...older] = urgent.filter((item) => shown.every(({ id }) => id !== item.id))
  const stillThere = shown.flatMap(({ id }) => urgent.find((item) => item.id === id) ?? [])
  return [...(newest ? [newest] : []), ...stillThere, ...older.toReversed()]
}
