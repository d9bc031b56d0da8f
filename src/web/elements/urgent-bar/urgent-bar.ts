import { html, LitElement, nothing } from "lit"
import { keyed } from "lit/directives/keyed.js"
import type { BarItem } from "../../../domain/bar-item"
import { truncate } from "../../../domain/text"
import { categoryLabel } from "../../ui/category-label"
import { ClientController } from "../../ui/client-controller"
import { messageStyles } from "../../ui/message-text"
import { MinuteTick } from "../../ui/minute-tick"
import type { NotifyClient } from "../../client/notify-client"
import { timeTag } from "../../ui/relative-time"
import { controls, palette, theme } from "../../ui/theme"
import { Announcer } from "./announcer"
import { orderItems } from "./order-items"
import { Dismissals } from "./dismissals"
import { FocusKeeper } from "./focus-keeper"
import { PublishedHeight } from "./height"
import { ConnectionNotice } from "./connection-notice"
import { barStyles } from "./styles"

/**
 * The urgent notifications of the signed-in person, one at a time, until each is dismissed. New items are announced to
 * screen readers, and the focus stays where it is.
 */
export class UrgentBarElement extends LitElement {
  static styles = [palette, theme, controls, messageStyles, barStyles]

  static properties = {
    base: {},
    org: {},
    inboxHref: { attribute: "inbox-href" },
    focusReturn: { attribute: "focus-return" },
    items: { state: true },
    index: { state: true },
    alert: { state: true },
    status: { state: true },
  }

  declare base: string
  declare org: string
  declare inboxHref: string
  /** A selector in the surrounding page: the element that gets the focus after the last item is dismissed. */
  declare focusReturn: string
  declare items: BarItem[]
  declare index: number
  declare alert: string
  declare status: string

  #live = new ClientController(this, {
    events: ["snapshot", "urgent", "removed", "updated", "state"],
    joined: (client) => {
      this.items = []
      this.#follow(client)
    },
    changed: (client) => this.#follow(client),
  })
  #connectionNotice = new ConnectionNotice(this)
  #announcer = new Announcer((text) => {
    this.alert = text
  })
  #dismissals = new Dismissals(
    this,
    () => this.#live.client,
    () => {
      this.index = 0
    },
  )

  constructor() {
    super()
    this.base = ""
    this.org = ""
    this.inboxHref = ""
    this.focusReturn = "#main-layout-main-content"
    this.items = []
    this.index = 0
    this.alert = ""
    this.status = ""
    new MinuteTick(this)
    new PublishedHeight(this)
    new FocusKeeper(this, () => this.#dismissButton ?? document.querySelector<HTMLElement>(this.focusReturn))
  }

  render() {
    const item = this.items[this.index]
    return html`
      <p role="alert" class="visually-hidden">${this.alert}</p>
      <p role="status" class="visually-hidden">${this.status}</p>
      ${item ? this.#bar(item) : nothing} ${this.#dismissals.render()}
      <p role="status" class="paused">${this.#connectionNotice.text}</p>
    `
  }

  #bar(item: BarItem) {
    return html`
      <section class="bar" aria-label="Urgent notifications">
        <div class="item">
          <div class="what">
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
              <path d="M8 1.5 1 14h14zM8 6v4M8 12v.1" />
            </svg>
            <strong>Urgent</strong>
            <span class="category">${categoryLabel(item.category)}</span>
          </div>
          <div class="text">
            ${keyed(
              item.id,
              html`<dalgo-message-text
                key=${item.id}
                verb="Read"
                .text=${item.message}
                .author=${item.author}
                .base=${this.base}
              ></dalgo-message-text>`,
            )}
            ${timeTag(item.timestamp)}
          </div>
          <div class="actions">
            ${this.items.length > 1 ? this.#stepper() : nothing}
            ${this.inboxHref ? html`<a class="button" href=${this.inboxHref}>View all</a>` : nothing}
            ${keyed(item.id, this.#dismissal(item))}
          </div>
        </div>
      </section>
    `
  }

  #stepper() {
    return html`
      <button class="icon" aria-label="Previous urgent notification" @click=${() => this.#step(-1)}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="m10 3-5 5 5 5" /></svg>
      </button>
      <span class="place">${this.index + 1} of ${this.items.length}</span>
      <button class="icon" aria-label="Next urgent notification" @click=${() => this.#step(1)}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="m6 3 5 5-5 5" /></svg>
      </button>
    `
  }

  #dismissal(item: BarItem) {
    return html`
      <button class="dismiss" aria-label="Dismiss: ${truncate(item.message, 60)}" @click=${() => this.#dismissals.dismiss(item)}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="m4 4 8 8m0-8-8 8" /></svg>
        <span class="dismiss-label">Dismiss</span>
      </button>
    `
  }

  get #dismissButton() {
    return this.renderRoot.querySelector<HTMLElement>(".dismiss")
  }

  /** While the bar has hover or focus, it keeps showing the same item. */
  get #isInUse() {
    return this.matches(":hover") || this.shadowRoot?.activeElement !== null
  }

  #follow({ urgent, state }: NotifyClient) {
    const items = orderItems(this.items, urgent)
    const current = this.items[this.index]
    const place = items.findIndex(({ id }) => id === current?.id)
    const isNews = items.length > 0 && this.items.every(({ id }) => id !== items[0]?.id)
    if (isNews && (place < 0 || !this.#isInUse)) this.index = 0
    else this.index = place >= 0 ? place : Math.max(0, Math.min(this.index, items.length - 1))
    this.items = items
    this.status = ""
    this.#announcer.follow(urgent)
    this.#connectionNotice.follow(state)
  }

  #step(by: number) {
    const { length } = this.items
    this.index = (this.index + by + length) % length
    this.status = `${this.index + 1} of ${length}. ${this.items[this.index]?.message}`
  }
}
customElements.define("dalgo-urgent-bar", UrgentBarElement)
