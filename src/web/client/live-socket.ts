import { ReconnectingSocket } from "./reconnecting-socket"

const PING_MS = 30_000
const PARK_AFTER_MS = 60_000

const BAD_TOKEN = 4003
/** No token, a bad one, and a connection that the server does not want back. */
const FINAL_CODES = [4001, BAD_TOKEN, 4008]

/** `connecting` covers every wait between two attempts; `closed` means that no attempt will follow by itself. */
export type LiveState = "connecting" | "open" | "closed"

type Ends = {
  greeting: () => string
  received: (text: string) => void
  stateChanged: (state: LiveState) => void
  refreshToken: () => Promise<boolean>
}

/** Keeps one WebSocket alive while the page is looked at. */
export class LiveSocket {
  #socket: ReconnectingSocket | undefined
  #page = new AbortController()
  #pinging: number | undefined
  #parking: number | undefined
  #awaitsPong = false
  #hasRefreshed = false

  constructor(
    readonly url: string,
    readonly ends: Ends,
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

  // Always a new one: the old may be in a long delay.
  #connect() {
    this.#disconnect()
    const socket = new ReconnectingSocket(this.url, FINAL_CODES, {
      opened: () => socket.send(this.ends.greeting()),
      received: (text) => this.#receive(text),
      lost: (code) => void this.#lost(code),
    })
    this.#socket = socket
    this.ends.stateChanged("connecting")
  }

  #disconnect() {
    this.#socket?.close()
    this.#socket = undefined
    this.#awaitsPong = false
  }

  // A server that refuses the token accepts the socket first, so only a message shows that the connection is good.
  #receive(text: string) {
    this.#awaitsPong = false
    this.#hasRefreshed = false
    this.ends.stateChanged("open")
    if (text !== "pong") this.ends.received(text)
  }

  async #lost(code: number) {
    this.#awaitsPong = false
    if (!FINAL_CODES.includes(code)) return this.ends.stateChanged("connecting")
    if (code === BAD_TOKEN && !this.#hasRefreshed) {
      this.#hasRefreshed = true
      const lost = this.#socket
      const isFresh = await this.ends.refreshToken()
      if (this.#socket !== lost) return
      if (isFresh) return this.#connect()
    }
    this.ends.stateChanged("closed")
  }

  // An unanswered ping is the only sign of a connection that died without a word.
  #ping() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    if (this.#awaitsPong) return this.#connect()
    this.#awaitsPong = true
    this.#socket.send("ping")
  }

  // Nobody is told of a parked connection: it counts as open until somebody looks again.
  #followVisibility() {
    clearTimeout(this.#parking)
    if (document.hidden) this.#parking = setTimeout(() => this.#disconnect(), PARK_AFTER_MS)
    else if ((this.#socket?.readyState ?? WebSocket.CLOSED) > WebSocket.OPEN) this.#connect()
  }
}
