/** What delivery/channels/web-push tells a device. */
type Payload = { title: string; body: string; url: string; tag: string; urgent: boolean }

declare const self: ServiceWorkerGlobalScope

const INBOX = "/"
const API = "/api/notifications"

self.addEventListener("install", () => void self.skipWaiting())

self.addEventListener("push", (event) => event.waitUntil(show(payloadOf(event.data))))

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(open(pageOf(event.notification.data?.url)))
})

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAgain(event.oldSubscription)))

/** A browser wants something shown for every push, whether it can be read or not. */
function payloadOf(data: PushMessageData | null): Payload {
  const otherwise = { title: "Dalgo", body: "There is something new.", url: INBOX, tag: "", urgent: false }
  try {
    return { ...otherwise, ...data?.json() }
  } catch {
    return otherwise
  }
}

function show({ title, body, url, tag, urgent }: Payload): Promise<void> {
  return self.registration.showNotification(title, { body, tag, data: { url }, requireInteraction: urgent, lang: "en" })
}

/** One of our own pages, whatever was said. */
function pageOf(url: unknown): URL {
  const page = URL.parse(String(url), self.location.origin)
  return page?.origin === self.location.origin ? page : new URL(INBOX, self.location.origin)
}

/** Shows the tab that has this page. One whose address names no organisation may have any, and is led there. */
async function open(page: URL): Promise<void> {
  const orgIn = (url: URL) => url.searchParams.get("org")
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
  const inboxes = tabs
    .map((tab) => ({ tab, url: new URL(tab.url) }))
    .filter(({ url }) => url.pathname === page.pathname)
  const has = inboxes.find(({ url }) => orgIn(url) === orgIn(page))
  if (has) return void (await has.tab.focus())

  const any = inboxes.find(({ url }) => orgIn(url) === null)
  const led = await any?.tab.navigate(page.href).catch(() => null)
  await (led ? led.focus() : self.clients.openWindow(page.href))
}

/**
 * Takes the place of the old subscription in all organisations. Where the browser does not say which that was, it is for
 * the organisation in which the switch was last turned on: the page says it in our address.
 */
async function subscribeAgain(old: PushSubscription | null): Promise<void> {
  const org = new URL(self.location.href).searchParams.get("org")
  const headers = { "content-type": "application/json", ...(org && { "x-dalgo-org": org }) }
  const { res } = await (await fetch(`${API}/push-key`, { headers })).json()
  const options = { userVisibleOnly: true, applicationServerKey: res.public_key }
  const subscription = await self.registration.pushManager.subscribe(options)
  const body = JSON.stringify({ ...subscription.toJSON(), replaces: old?.endpoint })
  await fetch(`${API}/push-subscriptions`, { method: "POST", headers, body })
}
