const OPEN_TIMEOUT_MS = 4_000
/** After this time open, the next delay is the first one again. */
const STABLE_AFTER_MS = 10_000
const MAX_DELAY_MS = 60_000
const DELAY_GROWTH = 1.7

/** The browser's code for a connection that ended without a close frame. */
const CLOSE_ABNORMAL = 1006

type SocketHandlers = {
  opened: () => void
  received: (text: string) => void
  lost: (code: number) => void
}

/** A WebSocket that reconnects with growing delays, until a final close code or `close()`. */
export class ReconnectingSocket {
  // Random, so that pages do not all reconnect at once after a restart of the server.
  readonly #firstDelayMs = 1_000 + Math.random() * 4_000
  #nextDelayMs = this.#firstDelayMs
  #socket: WebSocket
  #listening = new AbortController()
  /** The one running timer: opening, becoming stable, or the next attempt. */
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    readonly url: string,
    readonly finalCodes: number[],
    readonly handlers: SocketHandlers,
  ) {
    this.#socket = this.#connect()
  }

  get readyState() {
    return this.#socket.readyState
  }

  send(text: string) {
    this.#socket.send(text)
  }

  /** Calls no handler afterwards. */
  close() {
    this.#listening.abort()
    clearTimeout(this.#timer)
    this.#socket.close()
  }

  #connect() {
    const socket = new WebSocket(this.url)
    this.#listening = new AbortController()
    const { signal } = this.#listening
    socket.addEventListener("open", () => this.#opened(), { signal })
    socket.addEventListener("message", ({ data }) => this.handlers.received(data), { signal })
    socket.addEventListener("close", ({ code }) => this.#lost(code), { signal })
    this.#timer = setTimeout(() => this.#lost(CLOSE_ABNORMAL), OPEN_TIMEOUT_MS)
    return socket
  }

  #opened() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#nextDelayMs = this.#firstDelayMs
    }, STABLE_AFTER_MS)
    this.handlers.opened()
  }

  #lost(code: number) {
    this.close()
    if (!this.finalCodes.includes(code)) this.#retry()
    this.handlers.lost(code)
  }

  #retry() {
    this.#timer = setTimeout(() => {
      this.#socket = this.#connect()
    }, this.#nextDelayMs)
    this.#nextDelayMs = Math.min(this.#nextDelayMs * DELAY_GROWTH, MAX_DELAY_MS)
  }
}
