import type { ReactiveController, ReactiveControllerHost } from "lit"

/** Re-renders an element every minute, for its relative times. */
export class MinuteTick implements ReactiveController {
  #ticking: number | undefined

  constructor(readonly host: ReactiveControllerHost) {
    host.addController(this)
  }

  hostConnected() {
    this.#ticking = setInterval(() => this.host.requestUpdate(), 60_000)
  }

  hostDisconnected() {
    clearInterval(this.#ticking)
  }
}
