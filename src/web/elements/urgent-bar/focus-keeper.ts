import type { LitElement, ReactiveController } from "lit"

/** Moves the focus to `next()` when an update removes the focused element, and never otherwise. */
export class FocusKeeper implements ReactiveController {
  #hadFocus = false

  constructor(
    readonly host: LitElement,
    readonly next: () => HTMLElement | null | undefined,
  ) {
    host.addController(this)
  }

  hostUpdate() {
    this.#hadFocus = Boolean(this.host.shadowRoot?.activeElement)
  }

  hostUpdated() {
    if (!this.#hadFocus || this.host.shadowRoot?.activeElement) return
    const next = this.next()
    if (next && next.tabIndex < 0) next.tabIndex = -1
    next?.focus()
  }
}
