import type { BarItem } from "../../../domain/bar-item"
import { categoryLabel } from "../../ui/category-label"

/** Just under a second: what arrives together is said together, and the first of it is still said within the second. */
const MERGE_MS = 900
const CLEAR_AFTER_MS = 5_000
const INTERVAL_MS = 10_000
const MEMORY_KEY = "dn:announced"

/** Decides what a screen reader is interrupted with: each item once per session, and one sentence in ten seconds. */
export class Announcer {
  #announced = new Set(recall())
  #waiting: BarItem[] = []
  #speaking: number | undefined
  #spokenAt = Number.NEGATIVE_INFINITY

  constructor(readonly say: (text: string) => void) {}

  /** Takes the bar as it now stands, newest first: what has been dismissed before its turn is not announced any more. */
  follow(urgent: BarItem[]) {
    this.#waiting = urgent.filter(({ id }) => !this.#announced.has(id))
    if (this.#speaking || this.#waiting.length === 0) return
    const quietMs = this.#spokenAt + INTERVAL_MS - Date.now()
    this.#speaking = setTimeout(() => this.#speak(), Math.max(MERGE_MS, quietMs))
  }

  #speak() {
    this.#speaking = undefined
    const [latest, ...others] = this.#waiting
    if (!latest) return
    for (const { id } of this.#waiting) this.#announced.add(id)
    remember([...this.#announced])
    this.#waiting = []
    this.#spokenAt = Date.now()
    this.say(
      others.length === 0
        ? `Urgent, ${categoryLabel(latest.category)}: ${latest.message}`
        : `${others.length + 1} urgent notifications. Latest: ${latest.message}`,
    )
    // Else it would be read again by somebody who walks through the page.
    setTimeout(() => this.say(""), CLEAR_AFTER_MS)
  }
}

function recall(): number[] {
  try {
    return JSON.parse(sessionStorage.getItem(MEMORY_KEY) ?? "[]")
  } catch {
    return []
  }
}

// A page that may not store anything announces again after a reload.
function remember(ids: number[]) {
  try {
    sessionStorage.setItem(MEMORY_KEY, JSON.stringify(ids))
  } catch {}
}
