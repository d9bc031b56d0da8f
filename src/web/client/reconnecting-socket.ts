const OPENS_WITHIN_MS = 4_000
/** A connection that has lasted this long was a good one. */
const LASTING_MS = 10_000
const LONGEST_DELAY_MS = 60_000
const DELAY_GROWTH = 1.7

/** What the browser says of a connection that ended without a word. */
const ABNORMAL = 1006

type Ends = {
  opened: () => void
  received: (text: string) => void
  lost: (code: number) => void
}

/** A WebSocket that opens anew after every loss, each time a little later, until a final close code or `close()`. */
export class ReconnectingSocket {
  // Random, so that pages do not return all at once after a restart of the server.
  readonly #firstDelayMs = 1_000 + Math.random() * 4_000
  #nextDelayMs = this.#firstDelayMs
  #socket: WebSocket
  #listening = new AbortController()
  /** Of whatever is waited for: that it opens, that it has lasted, or the next attempt. */
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    readonly url: string,
    readonly finalCodes: number[],
    readonly ends: Ends,
  ) {
    this.#socket = this.#connect()
  }

  get readyState() {
    return this.#socket.readyState
  }

  send(text: string) {
    this.#socket.send(text)
  }

  /** Nothing is heard of it afterwards. */
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
    socket.addEventListener("message", ({ data }) => this.ends.received(data), { signal })
    socket.addEventListener("close", ({ code }) => this.#lost(code), { signal })
    this.#timer = setTimeout(() => this.#lost(ABNORMAL), OPENS_WITHIN_MS)
    return socket
  }

  #opened() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#nextDelayMs = this.#firstDelayMs
    }, LASTING_MS)
    this.ends.opened()
  }

  #lost(code: number) {
    this.close()
    if (!this.finalCodes.includes(code)) this.#retry()
    this.ends.lost(code)
  }

  #retry() {
    this.#timer = setTimeout(() => {
      this.#socket = this.#connect()
    }, this.#nextDelayMs)
    this.#nextDelayMs = Math.min(this.#nextDelayMs * DELAY_GROWTH, LONGEST_DELAY_MS)
  }
}
