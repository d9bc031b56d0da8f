import type { InboxItem } from "dalgo-notifications/client"
import { html, LitElement, nothing } from "lit"
import { repeat } from "lit/directives/repeat.js"
import { ClientController } from "../../ui/client-controller"
import { chipStyles } from "../../ui/category-chip"
import { emptyPlaceholder, errorPlaceholder, loadingPlaceholder } from "./placeholders"
import { inboxRow } from "./row"
import { inboxStyles } from "./styles"
import { messageStyles } from "../../ui/message-text"
import { MinuteTick } from "../../ui/minute-tick"
import type { NotifyClient } from "../../client/notify-client"
import { controls, palette, theme } from "../../ui/theme"

const PAGE_SIZE = 20
const MAX_PAGE_SIZE = 100
/** Several events of one change cause one refresh. */
const REFRESH_DEBOUNCE_MS = 250

/** Both lists in this order, without duplicates. */
const mergeItems = (first: InboxItem[], then: InboxItem[]) => [
  ...first,
  ...then.filter((item) => first.every(({ id }) => id !== item.id)),
]

/** A person's notifications, newest first. Live updates never move the focus. */
export class InboxElement extends LitElement {
  static styles = [palette, theme, controls, chipStyles, messageStyles, inboxStyles]

  static properties = {
    base: {},
    org: {},
    items: { state: true },
    total: { state: true },
    unread: { state: true },
    failure: { state: true },
    isOffline: { state: true },
    status: { state: true },
    problem: { state: true },
  }

  declare base: string
  declare org: string
  /** `undefined` until the first page is loaded. */
  declare items: InboxItem[] | undefined
  declare total: number
  declare unread: number | undefined
  declare failure: Error | undefined
  declare isOffline: boolean
  declare status: string
  declare problem: string

  #live = new ClientController(this, {
    events: ["count", "updated"],
    joined: () => {
      this.items = undefined
      this.status = "Loading notifications"
      void this.#refresh()
    },
    changed: ({ unread }) => {
      this.unread = unread
      this.#refreshSoon()
    },
  })
  #refreshing: number | undefined
  #refreshes = 0
  #shownRefresh = 0
  #loadedAt = new Date()

  constructor() {
    super()
    this.base = ""
    this.org = ""
    this.total = 0
    this.isOffline = !navigator.onLine
    this.status = ""
    this.problem = ""
    new MinuteTick(this)
  }

  connectedCallback() {
    super.connectedCallback()
    addEventListener("online", this.#followNetwork)
    addEventListener("offline", this.#followNetwork)
  }

  disconnectedCallback() {
    super.disconnectedCallback()
    removeEventListener("online", this.#followNetwork)
    removeEventListener("offline", this.#followNetwork)
    clearTimeout(this.#refreshing)
  }

  render() {
    return html`
      <header>
        <h1 id="title">Notifications</h1>
        ${this.unread ? html`<span class="muted">${this.unread} unread</span>` : nothing}
        ${this.items?.length ? html`<button @click=${this.#markAllRead}>Mark all as read</button>` : nothing}
      </header>
      <p role="status" class="offline">${this.#offlineNotice}</p>
      <p role="alert" class="problem">${this.problem}</p>
      <p role="status" class="visually-hidden">${this.status}</p>
      <div aria-busy=${!this.items && !this.failure}>${this.#content()}</div>
    `
  }

  #content() {
    if (!this.items) return this.failure ? errorPlaceholder(this.failure, () => this.#retry()) : loadingPlaceholder
    if (this.items.length === 0) return emptyPlaceholder
    return html`
      <ul class="list" role="list" aria-labelledby="title">
        ${repeat(
          this.items,
          ({ id }) => id,
          (item) => inboxRow(item, { base: this.base, toggleRead: () => void this.#toggleRead(item) }),
        )}
      </ul>
      ${this.items.length < this.total ? html`<button class="more" @click=${this.#loadMore}>Load more</button>` : nothing}
    `
  }

  get #offlineNotice() {
    if (!this.items || !(this.isOffline || this.failure)) return ""
    const loadedAt = this.#loadedAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    return `${this.isOffline ? "You are offline." : "Could not load."} Showing notifications from ${loadedAt}.`
  }

  #followNetwork = () => {
    this.isOffline = !navigator.onLine
    this.#refreshSoon()
  }

  #refreshSoon() {
    clearTimeout(this.#refreshing)
    this.#refreshing = setTimeout(() => void this.#refresh(), REFRESH_DEBOUNCE_MS)
  }

  /** Reloads the shown items, at most 100. A response that arrives after the one to a later request is ignored. */
  async #refresh() {
    const refresh = ++this.#refreshes
    const limit = Math.min(MAX_PAGE_SIZE, Math.max(PAGE_SIZE, this.items?.length ?? 0))
    const fresh = await this.#load(1, limit)
    if (refresh < this.#shownRefresh) return
    if (fresh) this.#shownRefresh = refresh
    if (!this.items) this.status = fresh ? "" : "Notifications could not be loaded"
    if (fresh) this.items = mergeItems(fresh, this.items ?? [])
  }

  #retry() {
    this.failure = undefined
    void this.#refresh()
  }

  #loadMore = async () => {
    const shown = this.items?.length ?? 0
    const next = await this.#load(Math.floor(shown / PAGE_SIZE) + 1, PAGE_SIZE)
    if (!next) return
    this.items = mergeItems(this.items ?? [], next)
    this.status = `Showing ${this.items.length} of ${this.total}`
    await this.updateComplete
    this.renderRoot.querySelectorAll("article")[shown]?.focus()
  }

  async #load(page: number, limit: number): Promise<InboxItem[] | undefined> {
    const { client } = this.#live
    try {
      const answer = await client?.list({ page, limit })
      if (!answer || client !== this.#live.client) return undefined
      this.total = answer.total_notifications
      this.failure = undefined
      this.#loadedAt = new Date()
      return answer.res
    } catch (error) {
      this.failure = error as Error
      return undefined
    }
  }

  #toggleRead({ id, read_status }: InboxItem) {
    const changed = (item: InboxItem) => (item.id === id ? { ...item, read_status: !read_status } : item)
    return this.#change(changed, (client) => client.setRead([id], !read_status))
  }

  #markAllRead = async () => {
    const isSaved = await this.#change(
      (item) => ({ ...item, read_status: true }),
      (client) => client.markAllRead(),
    )
    if (isSaved) this.status = "All notifications are marked as read"
  }

  /** Shows a change at once, and reverts it if it cannot be saved. */
  async #change(change: (item: InboxItem) => InboxItem, save: (client: NotifyClient) => Promise<void>) {
    const before = this.items
    this.items = before?.map(change)
    this.problem = ""
    try {
      if (this.#live.client) await save(this.#live.client)
      return true
    } catch {
      this.items = before
      this.problem = "That could not be saved. Please try again."
      return false
    }
  }
}
customElements.define("dalgo-notifications", InboxElement)
