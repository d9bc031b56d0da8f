import type { BarItem } from "../../domain/bar-item"
import type { Frame } from "../../live/protocol"
import { LiveSocket, type LiveState } from "./live-socket"
import { readableItem } from "./readable-item"
import { ApiError, RestClient } from "./rest-client"

const FIRST_POLL_MS = 5_000
const POLL_MS = 30_000

/** The client's events, with the type of their `detail`. */
export type ClientEvents = {
  /** All items of the bar: after connecting, and from polling while there is no connection. */
  snapshot: BarItem[]
  urgent: BarItem[]
  removed: number[]
  count: number
  updated: BarItem
  state: LiveState
  "signed-out": undefined
}

const clientKey = ({ base, org }: { base: string; org: string }) => `${base} ${org}`

/** A person's notifications in one organisation, updated by WebSocket, or by polling while there is no connection. */
export class NotifyClient extends EventTarget {
  static #instances = new Map<string, NotifyClient>()

  /** The client for this server and organisation. All elements of a page share it, and so its connection. */
  static for(base: string, org: string): NotifyClient {
    const key = clientKey({ base, org })
    const client = NotifyClient.#instances.get(key) ?? new NotifyClient(base, org)
    NotifyClient.#instances.set(key, client)
    return client
  }

  /** Newest first. */
  urgent: BarItem[] = []
  /** The server's last count; `undefined` at first. */
  unread: number | undefined
  state: LiveState = "connecting"

  #rest: RestClient
  #socket: LiveSocket | undefined
  #users = 0
  #lastSeq = 0
  #polling: number | undefined
  #polls = 0
  #shownPoll = 0

  constructor(
    readonly base: string,
    readonly org: string,
  ) {
    super()
    this.#rest = new RestClient(base, org, () => this.#emit("signed-out", undefined))
  }

  /** Each call must be matched by a `close()`. The last `close()` ends the connection. */
  connect() {
    this.#users += 1
    if (this.#users > 1) return
    const url = new URL(`${this.base}/wss/notifications`, location.href)
    url.protocol = url.protocol.replace("http", "ws")
    if (this.org) url.searchParams.set("orgslug", this.org)
    this.#socket = new LiveSocket(url.href, {
      helloMessage: () => JSON.stringify({ type: "hello", last_seq: this.#lastSeq }),
      received: (text) => this.#receive(JSON.parse(text).data),
      stateChanged: (state) => this.#changeState(state),
      refreshToken: () => this.#rest.refreshToken(),
    })
    this.#pollIn(FIRST_POLL_MS)
    this.#socket.open()
  }

  close() {
    this.#users -= 1
    if (this.#users > 0) return
    NotifyClient.#instances.delete(clientKey(this))
    this.#socket?.close()
    clearTimeout(this.#polling)
  }

  async list(query: { page: number; limit: number }) {
    const page = await (await this.#rest.api.v1.$get({ query })).json()
    return { ...page, res: page.res.map(readableItem) }
  }

  async unreadCount() {
    const { res } = await (await this.#rest.api.unread_count.$get()).json()
    return res
  }

  async urgentBar() {
    const { res } = await (await this.#rest.api["urgent-bar"].$get()).json()
    return res.map(readableItem)
  }

  async setRead(ids: number[], isRead: boolean) {
    await this.#rest.api.v1.$put({ json: { notification_ids: ids, read_status: isRead } })
    this.#catchUp()
  }

  async markAllRead() {
    await this.#rest.api.mark_all_as_read.$put()
    this.#catchUp()
  }

  /** Removes items from the bar at once, and restores them if the request fails. */
  async dismiss(ids: number[]) {
    const dismissed = this.urgent.filter(({ id }) => ids.includes(id))
    this.#remove(ids)
    try {
      await this.setRead(ids, true)
    } catch (error) {
      this.#add(dismissed)
      throw error
    }
  }

  async restore(items: BarItem[]) {
    const ids = items.map(({ id }) => id)
    await this.setRead(ids, false)
    this.#add(items)
  }

  #receive(frame: Frame) {
    if (frame.type === "snapshot") this.#replace(frame.urgent.map(readableItem))
    else if (!(frame.seq > this.#lastSeq)) return
    else if (frame.type === "urgent_added") this.#add([readableItem(frame.item)])
    else if (frame.type === "urgent_removed") this.#remove(frame.ids)
    else if (frame.type === "item_updated") this.#update(readableItem(frame.item))
    this.#lastSeq = frame.seq
    if ("unread_count" in frame) this.#count(frame.unread_count)
  }

  #replace(urgent: BarItem[]) {
    this.urgent = urgent
    this.#emit("snapshot", urgent)
  }

  #add(items: BarItem[]) {
    const added = items.filter((item) => this.urgent.every(({ id }) => id !== item.id))
    if (added.length === 0) return
    this.urgent = [...added, ...this.urgent].toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp))
    this.#emit("urgent", added)
  }

  #remove(ids: number[]) {
    this.urgent = this.urgent.filter(({ id }) => !ids.includes(id))
    this.#emit("removed", ids)
  }

  #update(item: BarItem) {
    this.urgent = this.urgent.map((known) => (known.id === item.id ? item : known))
    this.#emit("updated", item)
  }

  #count(unread: number) {
    this.unread = unread
    this.#emit("count", unread)
  }

  #changeState(state: LiveState) {
    if (state === this.state) return
    this.state = state
    this.#emit("state", state)
    if (state === "open") clearTimeout(this.#polling)
    else this.#pollIn(state === "closed" ? 0 : POLL_MS)
  }

  /** Polls after a change, unless the open connection will report it. */
  #catchUp() {
    if (this.state !== "open") this.#pollIn(0)
  }

  #pollIn(delayMs: number) {
    clearTimeout(this.#polling)
    if (this.#users === 0) return
    this.#polling = setTimeout(() => void this.#poll(), delayMs)
  }

  async #poll() {
    this.#pollIn(POLL_MS)
    if (document.hidden) return
    const poll = ++this.#polls
    try {
      const [unread, urgent] = await Promise.all([this.unreadCount(), this.urgentBar()])
      // The socket's data is newer than this response, and so is the response to a later poll.
      if (this.state === "open" || poll < this.#shownPoll) return
      this.#shownPoll = poll
      this.#replace(urgent)
      this.#count(unread)
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) clearTimeout(this.#polling)
    }
  }

  #emit<Type extends keyof ClientEvents>(type: Type, detail: ClientEvents[Type]) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
