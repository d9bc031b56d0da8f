import type { ReactiveController, ReactiveControllerHost } from "lit"

/** Draws an element again every minute, for the relative times in it. */
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
