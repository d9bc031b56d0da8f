import type { BarItem } from "../../domain/bar-item"
import type { Frame } from "../../live/protocol"
import { LiveSocket, type LiveState } from "./live-socket"
import { readableItem } from "../ui/readable"
import { ApiError, Rest } from "./rest"

const FIRST_POLL_MS = 5_000
const POLL_MS = 30_000

/** What the client tells, and what each event carries in `detail`. */
export type ClientEvents = {
  /** The whole bar, after a connection, or from polling while there is none. */
  snapshot: BarItem[]
  urgent: BarItem[]
  removed: number[]
  count: number
  updated: BarItem
  state: LiveState
  "signed-out": undefined
}

const keyOf = ({ base, org }: { base: string; org: string }) => `${base} ${org}`

/** A person's notifications in one organisation, kept current: by WebSocket, or by polling while there is none. */
export class NotifyClient extends EventTarget {
  static #known = new Map<string, NotifyClient>()

  /** The same client for everything on a page that asks for the same, so that there is one connection. */
  static for(base: string, org: string): NotifyClient {
    const key = keyOf({ base, org })
    const client = NotifyClient.#known.get(key) ?? new NotifyClient(base, org)
    NotifyClient.#known.set(key, client)
    return client
  }

  /** Newest first. */
  urgent: BarItem[] = []
  /** As the server last said; unknown at first. */
  unread: number | undefined
  state: LiveState = "connecting"

  #rest: Rest
  #socket: LiveSocket | undefined
  #users = 0
  #lastSeq = 0
  #polling: number | undefined

  constructor(
    readonly base: string,
    readonly org: string,
  ) {
    super()
    this.#rest = new Rest(base, org, () => this.#emit("signed-out", undefined))
  }

  /** Every call wants its `close()`; the connection ends with the last. */
  connect() {
    this.#users += 1
    if (this.#users > 1) return
    const url = new URL(`${this.base}/wss/notifications`, location.href)
    url.protocol = url.protocol.replace("http", "ws")
    if (this.org) url.searchParams.set("orgslug", this.org)
    this.#socket = new LiveSocket(url.href, {
      greeting: () => JSON.stringify({ type: "hello", last_seq: this.#lastSeq }),
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
    NotifyClient.#known.delete(keyOf(this))
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

  /** Takes the items off the bar at once, and puts them back when the server cannot be told. */
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

  /** With a connection, the server tells what a change of ours did. */
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
    try {
      const [unread, urgent] = await Promise.all([this.unreadCount(), this.urgentBar()])
      // What the socket has said meanwhile is newer.
      if (this.state === "open") return
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
