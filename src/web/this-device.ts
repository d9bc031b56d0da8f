import { Rest } from "./rest"

/** This browser, where it can take push messages. */
export class ThisDevice {
  #rest: Rest

  constructor(readonly org: string) {
    // Whoever is signed out is told so by the rest of the page.
    this.#rest = new Rest("", org, () => undefined)
  }

  /** `undefined` where it cannot: it knows nothing of push, or the service is not set up for it. */
  async state(): Promise<"on" | "off" | "blocked" | undefined> {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return undefined
    try {
      await this.#publicKey()
      if (Notification.permission === "denied") return "blocked"
      return (await this.#isMine()) ? "on" : "off"
    } catch {
      return undefined
    }
  }

  /** Asks for permission, and tells the service. Answers whether it was permitted. */
  async turnOn(): Promise<boolean> {
    if ((await Notification.requestPermission()) !== "granted") return false
    await navigator.serviceWorker.register(`/push-worker.js?org=${encodeURIComponent(this.org)}`)
    const { pushManager } = await navigator.serviceWorker.ready
    const subscription = await subscribe(pushManager, await this.#publicKey())
    const { p256dh = "", auth = "" } = subscription.toJSON().keys ?? {}
    try {
      await this.#rest.api["push-subscriptions"].$post({
        json: { endpoint: subscription.endpoint, keys: { p256dh, auth } },
      })
    } catch (error) {
      await subscription.unsubscribe()
      throw error
    }
    return true
  }

  async turnOff() {
    const subscription = await current()
    if (!subscription) return
    await this.#rest.api["push-subscriptions"].$delete({ json: { endpoint: subscription.endpoint } })
    await subscription.unsubscribe()
  }

  async #publicKey() {
    const { res } = await (await this.#rest.api["push-key"].$get()).json()
    return res.public_key
  }

  /** On a computer that several share, the browser may well be subscribed for somebody else. */
  async #isMine() {
    const subscription = await current()
    if (!subscription) return false
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint))
    const id = btoa(String.fromCharCode(...new Uint8Array(hash)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "")
    const { res } = await (await this.#rest.api["push-subscriptions"].$get()).json()
    return res.some((device) => device.id === id)
  }
}

const current = async () => (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription()

async function subscribe(pushManager: PushManager, applicationServerKey: string) {
  const options = { userVisibleOnly: true, applicationServerKey }
  try {
    return await pushManager.subscribe(options)
  } catch (error) {
    // It may be subscribed by a key that the service had before.
    const known = await pushManager.getSubscription()
    if (!known) throw error
    await known.unsubscribe()
    return pushManager.subscribe(options)
  }
}
