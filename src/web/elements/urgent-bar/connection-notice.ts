import type { ReactiveController, ReactiveControllerHost } from "lit"
import type { LiveState } from "../../client/live-socket"

const SHOWN_AFTER_MS = 10_000

const NOTICES: Record<LiveState, string> = {
  connecting: "Live updates paused, reconnecting",
  open: "",
  closed: "Live updates paused, checking every 30 seconds",
}

/** The notice that live updates are paused. It is shown after ten seconds without a connection. */
export class ConnectionNotice implements ReactiveController {
  text = ""
  #state: LiveState = "open"
  #timer: number | undefined

  constructor(readonly host: ReactiveControllerHost) {
    host.addController(this)
  }

  follow(state: LiveState) {
    this.#state = state
    if (state === "open") this.hostDisconnected()
    else if (this.text) this.#show()
    else this.#timer ??= setTimeout(() => this.#show(), SHOWN_AFTER_MS)
  }

  hostDisconnected() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.text = ""
    this.host.requestUpdate()
  }

  #show() {
    this.#timer = undefined
    if (document.hidden) return
    this.text = NOTICES[this.#state]
    this.host.requestUpdate()
  }
}
