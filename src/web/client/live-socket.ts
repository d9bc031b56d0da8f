import { CLOSE_INVALID_TOKEN, CLOSE_NO_TOKEN, CLOSE_REPLACED } from "../../domain/close-codes"
import { ReconnectingSocket } from "./reconnecting-socket"

const PING_MS = 30_000
const DISCONNECT_HIDDEN_AFTER_MS = 60_000

/** The client does not reconnect by itself after these. It does when the person returns to the page. */
const FINAL_CLOSE_CODES = [CLOSE_NO_TOKEN, CLOSE_INVALID_TOKEN, CLOSE_REPLACED]

/** `connecting` includes the waits between attempts. After `closed` no attempt follows by itself. */
export type LiveState = "connecting" | "open" | "closed"

type LiveSocketHandlers = {
  helloMessage: () => string
  received: (text: string) => void
  stateChanged: (state: LiveState) => void
  refreshToken: () => Promise<boolean>
}

/** Keeps one WebSocket open while the page is visible. */
export class LiveSocket {
  #socket: ReconnectingSocket | undefined
  #page = new AbortController()
  #pinging: number | undefined
  #parking: number | undefined
  #awaitsPong = false
  #hasRefreshed = false

  constructor(
    readonly url: string,
    readonly handlers: LiveSocketHandlers,
  ) {}

  open() {
    const { signal } = this.#page
    addEventListener("online", () => this.#connect(), { signal })
    document.addEventListener("visibilitychange", () => this.#followVisibility(), { signal })
    this.#pinging = setInterval(() => this.#ping(), PING_MS)
    this.#connect()
  }

  close() {
    this.#page.abort()
    clearInterval(this.#pinging)
    clearTimeout(this.#parking)
    this.#disconnect()
  }

  // Always opens a new socket, since the old one may be in a long delay.
  #connect() {
    this.#disconnect()
    const socket = new ReconnectingSocket(this.url, FINAL_CLOSE_CODES, {
      opened: () => socket.send(this.handlers.helloMessage()),
      received: (text) => this.#receive(text),
      lost: (code) => void this.#lost(code),
    })
    this.#socket = socket
    this.handlers.stateChanged("connecting")
  }

  #disconnect() {
    this.#socket?.close()
    this.#socket = undefined
    this.#awaitsPong = false
  }

  // The server accepts a socket before it refuses the token. Only a message shows that the connection is authorised.
  #receive(text: string) {
    this.#awaitsPong = false
    this.#hasRefreshed = false
    this.handlers.stateChanged("open")
    if (text !== "pong") this.handlers.received(text)
  }

  async #lost(code: number) {
    this.#awaitsPong = false
    if (!FINAL_CLOSE_CODES.includes(code)) return this.handlers.stateChanged("connecting")
    if (code === CLOSE_INVALID_TOKEN && !this.#hasRefreshed) {
      this.#hasRefreshed = true
      const lost = this.#socket
      const isFresh = await this.handlers.refreshToken()
      if (this.#socket !== lost) return
      if (isFresh) return this.#connect()
    }
    this.handlers.stateChanged("closed")
  }

  // An unanswered ping is the only sign of a connection that was lost without a close frame.
  #ping() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    if (this.#awaitsPong) return this.#connect()
    this.#awaitsPong = true
    this.#socket.send("ping")
  }

  // A connection that was closed while the page is hidden counts as open until the page is visible again.
  #followVisibility() {
    clearTimeout(this.#parking)
    if (document.hidden) this.#parking = setTimeout(() => this.#disconnect(), DISCONNECT_HIDDEN_AFTER_MS)
    else if ((this.#socket?.readyState ?? WebSocket.CLOSED) > WebSocket.OPEN) this.#connect()
  }
}
