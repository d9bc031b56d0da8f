import type { BarItem } from "../../../domain/bar-item"
import { categoryLabel } from "../../ui/category-label"

/** Items that arrive within this time share one announcement. The first of them is still announced within a second. */
const MERGE_WINDOW_MS = 900
const CLEAR_AFTER_MS = 5_000
const MIN_INTERVAL_MS = 10_000
const STORAGE_KEY = "dn:announced"

/** Announces urgent items to screen readers: each item once per session, and at most one sentence in ten seconds. */
export class Announcer {
  #announced = new Set(loadAnnounced())
  #waiting: BarItem[] = []
  #speaking: number | undefined
  #spokenAt = Number.NEGATIVE_INFINITY

  constructor(readonly announce: (text: string) => void) {}

  /** Takes the bar's items, newest first. An item that was dismissed before its turn is not announced. */
  follow(urgent: BarItem[]) {
    this.#waiting = urgent.filter(({ id }) => !this.#announced.has(id))
    if (this.#speaking || this.#waiting.length === 0) return
    const quietMs = this.#spokenAt + MIN_INTERVAL_MS - Date.now()
    this.#speaking = setTimeout(() => this.#speak(), Math.max(MERGE_WINDOW_MS, quietMs))
  }

  #speak() {
    this.#speaking = undefined
    const [latest, ...others] = this.#waiting
    if (!latest) return
    for (const { id } of this.#waiting) this.#announced.add(id)
    saveAnnounced([...this.#announced])
    this.#waiting = []
    this.#spokenAt = Date.now()
    this.announce(
      others.length === 0
        ? `Urgent, ${categoryLabel(latest.category)}: ${latest.message}`
        : `${others.length + 1} urgent notifications. Latest: ${latest.message}`,
    )
    // A screen reader that walks through the page must not read the announcement again.
    setTimeout(() => this.announce(""), CLEAR_AFTER_MS)
  }
}

function loadAnnounced(): number[] {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "[]")
  } catch {
    return []
  }
}

// Without storage, the page announces again after a reload.
function saveAnnounced(ids: number[]) {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(ids))
  } catch {}
}
