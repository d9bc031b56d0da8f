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
      const key = await this.#publicKey()
      if (Notification.permission === "denied") return "blocked"
      const subscription = await current()
      return subscription && isBy(key, subscription) && (await this.#isMine(subscription)) ? "on" : "off"
    } catch {
      return undefined
    }
  }

  /** Asks for permission, and tells the service. Answers whether it was permitted. */
  async turnOn(): Promise<boolean> {
    if ((await Notification.requestPermission()) !== "granted") return false
    await navigator.serviceWorker.register(`/push-worker.js?org=${encodeURIComponent(this.org)}`)
    const { pushManager } = await navigator.serviceWorker.ready
    const key = await this.#publicKey()
    const known = await pushManager.getSubscription()
    if (known && isBy(key, known)) {
      await this.#tell(known)
      return true
    }
    // By a key that the service had before it can not be pushed to, and a browser has no two.
    await known?.unsubscribe()
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
    try {
      if (known) await this.#tell(made, { replaces: known.endpoint })
      await this.#tell(made)
    } catch (error) {
      await made.unsubscribe()
      throw error
    }
    return true
  }

  /** The browser stays subscribed: the person's other organisations may push to it. */
  async turnOff() {
    const subscription = await current()
    if (!subscription) return
    await this.#rest.api["push-subscriptions"].$delete({ json: { endpoint: subscription.endpoint } })
  }

  async #tell(subscription: PushSubscription, replacing: { replaces?: string } = {}) {
    const { p256dh = "", auth = "" } = subscription.toJSON().keys ?? {}
    await this.#rest.api["push-subscriptions"].$post({
      json: { endpoint: subscription.endpoint, keys: { p256dh, auth }, ...replacing },
    })
  }

  async #publicKey() {
    const { res } = await (await this.#rest.api["push-key"].$get()).json()
    return res.public_key
  }

  /** On a computer that several share, the browser may well be subscribed for somebody else. */
  async #isMine(subscription: PushSubscription) {
    const id = base64Url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint)))
    const { res } = await (await this.#rest.api["push-subscriptions"].$get()).json()
    return res.some((device) => device.id === id)
  }
}

const current = async () => (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription()

const isBy = (key: string, { options: { applicationServerKey } }: PushSubscription) =>
  applicationServerKey !== null && base64Url(applicationServerKey) === key

const base64Url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
