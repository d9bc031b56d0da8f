import { html, type LitElement, nothing } from "lit"
import type { BarItem } from "../../../domain/bar-item"
import type { NotifyClient } from "../../client/notify-client"

const NOTICE_MS = 8_000

type Notice = { text: string; action: string; act: () => void }

const remainingText = (count: number) =>
  count === 0 ? "No urgent notifications" : `${count} urgent notification${count === 1 ? "" : "s"} left`

/** Dismisses items, shows the result, and offers Undo for eight seconds, or longer while the notice has hover or focus. */
export class Dismissals {
  #notice: Notice | undefined
  #ending: number | undefined

  constructor(
    readonly host: LitElement,
    readonly client: () => NotifyClient | undefined,
    /** Called when an item has returned to the bar, in first place. */
    readonly itemReturned: () => void,
  ) {}

  render() {
    const { text, action, act } = this.#notice ?? {}
    return html`
      <p role="status" class="visually-hidden">${text}</p>
      ${
        text
          ? html`<section class="strip" aria-label="Last dismissal">
              <span>${text}</span> <button @click=${act}>${action}</button>
            </section>`
          : nothing
      }
    `
  }

  async dismiss(item: BarItem) {
    const client = this.client()
    if (!client) return
    const saving = client.dismiss([item.id])
    this.#notify(`Dismissed. ${remainingText(client.urgent.length)}`, "Undo", () => this.#undo(item, saving))
    try {
      await saving
    } catch {
      this.itemReturned()
      this.#notify("Could not dismiss.", "Retry", () => this.dismiss(item))
    }
  }

  async #undo(item: BarItem, saving: Promise<void>) {
    // Wait, so that the two requests reach the server in order.
    await saving.catch(() => {})
    try {
      await this.client()?.restore([item])
      this.itemReturned()
      this.#show(undefined)
    } catch {
      this.#notify("Could not undo.", "Retry", () => this.#undo(item, saving))
    }
  }

  #notify(text: string, action: string, act: () => Promise<void>) {
    this.#show({ text, action, act: () => void act() })
    this.#endIn(NOTICE_MS)
  }

  #show(notice: Notice | undefined) {
    this.#notice = notice
    this.host.requestUpdate()
  }

  #endIn(delayMs: number) {
    clearTimeout(this.#ending)
    this.#ending = setTimeout(() => {
      if (this.host.renderRoot.querySelector(".strip:is(:hover, :focus-within)")) this.#endIn(1000)
      else this.#show(undefined)
    }, delayMs)
  }
}
