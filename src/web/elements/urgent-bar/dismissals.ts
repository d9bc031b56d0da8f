import { html, type LitElement, nothing } from "lit"
import type { BarItem } from "../../../domain/bar-item"
import type { NotifyClient } from "../../client/notify-client"

const NOTICE_MS = 8_000

type Notice = { text: string; action: string; act: () => void }

const whatIsLeft = (count: number) =>
  count === 0 ? "No urgent notifications" : `${count} urgent notification${count === 1 ? "" : "s"} left`

/** Dismisses, tells what became of it, and offers the way back for eight seconds: longer while somebody is at it. */
export class Dismissals {
  #notice: Notice | undefined
  #ending: number | undefined

  constructor(
    readonly host: LitElement,
    readonly client: () => NotifyClient | undefined,
    /** An item is back, and first. */
    readonly returned: () => void,
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
    this.#tell(`Dismissed. ${whatIsLeft(client.urgent.length)}`, "Undo", () => this.#undo(item, saving))
    try {
      await saving
    } catch {
      this.returned()
      this.#tell("Could not dismiss.", "Retry", () => this.dismiss(item))
    }
  }

  async #undo(item: BarItem, saving: Promise<void>) {
    // Else the two could reach the server in the wrong order.
    await saving.catch(() => {})
    try {
      await this.client()?.restore([item])
      this.returned()
      this.#show(undefined)
    } catch {
      this.#tell("Could not undo.", "Retry", () => this.#undo(item, saving))
    }
  }

  #tell(text: string, action: string, act: () => Promise<void>) {
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
