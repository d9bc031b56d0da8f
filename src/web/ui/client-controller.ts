import type { ReactiveController, ReactiveControllerHost } from "lit"
import { type ClientEvents, NotifyClient } from "../client/notify-client"

type Host = ReactiveControllerHost & HTMLElement & { base: string; org: string }

type ClientListener = {
  events: (keyof ClientEvents)[]
  joined: (client: NotifyClient) => void
  changed: (client: NotifyClient) => void
}

/** Connects an element to the client for its `base` and `org` while it is on the page. */
export class ClientController implements ReactiveController {
  client: NotifyClient | undefined
  #listening = new AbortController()

  constructor(
    readonly host: Host,
    readonly listener: ClientListener,
  ) {
    host.addController(this)
  }

  hostConnected() {
    this.host.requestUpdate()
  }

  // Not earlier: a framework may set the organisation after it has attached the element.
  hostUpdate() {
    const { base, org, isConnected } = this.host
    if (!isConnected || (this.client?.base === base && this.client.org === org)) return
    this.hostDisconnected()
    const client = NotifyClient.for(base, org)
    const { events, joined, changed } = this.listener
    this.client = client
    this.#listening = new AbortController()
    const { signal } = this.#listening
    for (const event of events) client.addEventListener(event, () => changed(client), { signal })
    client.connect()
    joined(client)
  }

  hostDisconnected() {
    this.#listening.abort()
    this.client?.close()
    this.client = undefined
  }
}
