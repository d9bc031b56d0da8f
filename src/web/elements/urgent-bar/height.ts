import type { ReactiveController, ReactiveControllerHost } from "lit"

const PROPERTY = "--dn-bar-height"

/** Publishes the bar's height as a custom property, for pages that are laid out by the height of the window. */
export class PublishedHeight implements ReactiveController {
  #resizing = new ResizeObserver(() => {
    document.documentElement.style.setProperty(PROPERTY, `${this.host.offsetHeight}px`)
  })

  constructor(readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this)
  }

  hostConnected() {
    this.#resizing.observe(this.host)
  }

  hostDisconnected() {
    this.#resizing.disconnect()
    document.documentElement.style.removeProperty(PROPERTY)
  }
}
