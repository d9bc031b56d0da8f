import { RestClient } from "./rest-client"

/** The push subscription of this browser for one organisation. */
export class PushDevice {
  #rest: RestClient

  constructor(readonly org: string) {
    // The rest of the page handles a sign-out.
    this.#rest = new RestClient("", org, () => undefined)
  }

  /** `undefined` where push is not available: the browser does not support it, or the service has no VAPID key. */
  async state(): Promise<"on" | "off" | "blocked" | undefined> {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return undefined
    try {
      const key = await this.#publicKey()
      if (Notification.permission === "denied") return "blocked"
      const subscription = await currentSubscription()
      return subscription && hasServerKey(key, subscription) && (await this.#isMine(subscription)) ? "on" : "off"
    } catch {
      return undefined
    }
  }

  /** Asks for permission and registers the subscription. Answers whether permission was granted. */
  async turnOn(): Promise<boolean> {
    if ((await Notification.requestPermission()) !== "granted") return false
    await navigator.serviceWorker.register(`/push-worker.js?org=${encodeURIComponent(this.org)}`)
    const { pushManager } = await navigator.serviceWorker.ready
    const key = await this.#publicKey()
    const known = await pushManager.getSubscription()
    if (known && hasServerKey(key, known)) {
      await this.#register(known)
      return true
    }
    // A subscription by an old server key gets no messages, and a browser has only one.
    await known?.unsubscribe()
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
    try {
      if (known) await this.#register(made, { replaces: known.endpoint })
      await this.#register(made)
    } catch (error) {
      await made.unsubscribe()
      throw error
    }
    return true
  }

  /** Only removes it from this organisation: the person's other organisations may use the same subscription. */
  async turnOff() {
    const subscription = await currentSubscription()
    if (!subscription) return
    await this.#rest.api["push-subscriptions"].$delete({ json: { endpoint: subscription.endpoint } })
  }

  async #register(subscription: PushSubscription, replacing: { replaces?: string } = {}) {
    const { p256dh = "", auth = "" } = subscription.toJSON().keys ?? {}
    await this.#rest.api["push-subscriptions"].$post({
      json: { endpoint: subscription.endpoint, keys: { p256dh, auth }, ...replacing },
    })
  }

  async #publicKey() {
    const { res } = await (await this.#rest.api["push-key"].$get()).json()
    return res.public_key
  }

  /** On a shared computer the subscription may belong to another person. */
  async #isMine(subscription: PushSubscription) {
    const id = base64Url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint)))
    const { res } = await (await this.#rest.api["push-subscriptions"].$get()).json()
    return res.some((device) => device.id === id)
  }
}

const currentSubscription = async () =>
  (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription()

const hasServerKey = (key: string, { options: { applicationServerKey } }: PushSubscription) =>
  applicationServerKey !== null && base64Url(applicationServerKey) === key

const base64Url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
