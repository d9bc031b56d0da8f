/** The payload that `delivery/channels/web-push` sends. */
type Payload = { title: string; body: string; url: string; tag: string; urgent: boolean }

declare const self: ServiceWorkerGlobalScope

const INBOX = "/"
const API = "/api/notifications"

self.addEventListener("install", () => void self.skipWaiting())

self.addEventListener("push", (event) => event.waitUntil(showNotification(parsePayload(event.data))))

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(openPage(toOwnPage(event.notification.data?.url)))
})

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewSubscription(event.oldSubscription)))

/** Parses a payload. Every push must show a notification, so an unreadable one becomes a general text. */
function parsePayload(data: PushMessageData | null): Payload {
  const fallback = { title: "Dalgo", body: "There is something new.", url: INBOX, tag: "", urgent: false }
  try {
    return { ...fallback, ...data?.json() }
  } catch {
    return fallback
  }
}

function showNotification({ title, body, url, tag, urgent }: Payload): Promise<void> {
  return self.registration.showNotification(title, { body, tag, data: { url }, requireInteraction: urgent, lang: "en" })
}

/** The URL, if it is one of our own pages; else the inbox. */
function toOwnPage(url: unknown): URL {
  const page = URL.parse(String(url), self.location.origin)
  return page?.origin === self.location.origin ? page : new URL(INBOX, self.location.origin)
}

/** Focuses a tab that shows this page, else navigates an inbox tab without an organisation there, else opens a tab. */
async function openPage(page: URL): Promise<void> {
  const orgIn = (url: URL) => url.searchParams.get("org")
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
  const inboxes = tabs
    .map((tab) => ({ tab, url: new URL(tab.url) }))
    .filter(({ url }) => url.pathname === page.pathname)
  const shown = inboxes.find(({ url }) => orgIn(url) === orgIn(page))
  if (shown) return void (await shown.tab.focus())

  const withoutOrg = inboxes.find(({ url }) => orgIn(url) === null)
  const navigated = await withoutOrg?.tab.navigate(page.href).catch(() => null)
  await (navigated ? navigated.focus() : self.clients.openWindow(page.href))
}

/**
 * Replaces the old subscription in all organisations. If the browser does not name the old one, the new subscription is
 * registered for the organisation in which the switch was last turned on, which is in this script's URL.
 */
async function renewSubscription(old: PushSubscription | null): Promise<void> {
  const org = new URL(self.location.href).searchParams.get("org")
  const headers = { "content-type": "application/json", ...(org && { "x-dalgo-org": org }) }
  const { res } = await (await fetch(`${API}/push-key`, { headers })).json()
  const options = { userVisibleOnly: true, applicationServerKey: res.public_key }
  const subscription = await self.registration.pushManager.subscribe(options)
  const body = JSON.stringify({ ...subscription.toJSON(), replaces: old?.endpoint })
  await fetch(`${API}/push-subscriptions`, { method: "POST", headers, body })
}
