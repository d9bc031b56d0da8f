import { env } from "cloudflare:workers"
import { unsubscribeToken } from "../../src/unsubscribe-token"
import { cookieOf, request } from "../support/people"

/** Whom a route is for. roles.test.ts says what that means for each caller. */
export type Door =
  | "anybody"
  | "signed in"
  | "own inbox"
  | "own organisation"
  | "another organisation"
  | "everybody"
  | "operators"
  | "webhook key"
  | "socket"

export type Case = {
  /** As the router names it. */
  route: string
  door: Door
  path: string
  body?: object
  headers?: Record<string, string>
  /** What its body may weigh, if not 64 kB. */
  largestBytes?: number
  /** What must be so for it to be good, each time. */
  before?: () => Promise<unknown>
}

/** Notification 900 of acme: scheduled, and already decided upon for everybody, so that it has a trace. */
async function withNotification(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT OR REPLACE INTO notifications (id, org_id, author, message, created_at, scheduled_at, publication_id)
       VALUES (900, 1, 'alice@acme.test', 'later', 1, 4102444800000, 'p900')`,
    ),
    env.DB.prepare(
      `INSERT OR REPLACE INTO deliveries
         (notification_id, channel, recipient_id, status, reason, created_at, updated_at)
       SELECT 900, 'inbox', id, 'suppressed', 'category_off', 1, 1 FROM org_users`,
    ),
  ])
}

const fromAcme = { author: "alice@acme.test", message: "Dashboards are back" }
/** A server belongs nowhere, and says for whom it asks. */
const IN_ACME = { "x-dalgo-org": "acme" }
/** Made with the secret in vitest.config.ts. */
const unsubscribing = await unsubscribeToken("another-secret-of-the-tests", { orgUserId: 1, category: "incident" })

const CHARLIE = { user_id: "3", email: "charlie@globex.test", role: "admin" }

/** A good request to each route of the worker: a route that is missing here fails roles.test.ts. */
export const CASES: Case[] = [
  { route: "GET /healthz", door: "anybody", path: "/healthz" },
  { route: "GET /unsubscribe", door: "anybody", path: `/unsubscribe?token=${unsubscribing}` },
  { route: "POST /unsubscribe", door: "anybody", path: `/unsubscribe?token=${unsubscribing}` },
  { route: "GET /wss/notifications", door: "socket", path: "/wss/notifications", headers: { upgrade: "websocket" } },
  {
    route: "POST /webhooks/v1/notification",
    door: "webhook key",
    path: "/webhooks/v1/notification",
    body: { body: "Flow run heron with id 11111111-2222-4333-8444-555555555555 entered state Completed" },
  },

  { route: "GET /api/notifications/categories", door: "signed in", path: "/api/notifications/categories" },
  { route: "GET /api/notifications/preferences", door: "own inbox", path: "/api/notifications/preferences" },
  {
    route: "PUT /api/notifications/preferences",
    door: "own inbox",
    path: "/api/notifications/preferences",
    body: { system_notifications: false },
  },
  { route: "GET /api/notifications/v1", door: "own inbox", path: "/api/notifications/v1?page=1&limit=5" },
  {
    route: "PUT /api/notifications/v1",
    door: "own inbox",
    path: "/api/notifications/v1",
    body: { notification_ids: [1], read_status: true },
  },
  {
    route: "GET /api/notifications/filtered",
    door: "own inbox",
    path: "/api/notifications/filtered?category=incident,system&urgent_only=true&from=2026-01-01&q=heron&limit=5",
  },
  {
    route: "GET /api/notifications/:id/trace",
    door: "own inbox",
    path: "/api/notifications/900/trace",
    before: withNotification,
  },
  {
    route: "GET /api/notifications/history",
    door: "own organisation",
    path: "/api/notifications/history?page=1&limit=5&category=system",
  },
  {
    route: "GET /api/notifications/history",
    door: "another organisation",
    path: "/api/notifications/history?org_slug=globex",
  },
  {
    route: "GET /api/notifications/recipients",
    door: "own organisation",
    path: "/api/notifications/recipients?notification_id=900",
    before: withNotification,
  },
  {
    route: "DELETE /api/notifications",
    door: "own organisation",
    path: "/api/notifications?notification_id=900",
    before: withNotification,
  },
  { route: "GET /api/notifications/unread_count", door: "own inbox", path: "/api/notifications/unread_count" },
  {
    route: "PUT /api/notifications/mark_all_as_read",
    door: "own inbox",
    path: "/api/notifications/mark_all_as_read",
  },
  { route: "GET /api/notifications/urgent-bar", door: "own inbox", path: "/api/notifications/urgent-bar" },

  { route: "GET /api/userpreferences", door: "own inbox", path: "/api/userpreferences" },
  {
    route: "PUT /api/userpreferences",
    door: "own inbox",
    path: "/api/userpreferences",
    body: { enable_email_notifications: false, disclaimer_shown: true },
  },

  {
    route: "GET /api/orgpreferences",
    door: "signed in",
    path: "/api/orgpreferences",
    headers: IN_ACME,
  },
  {
    route: "PUT /api/orgpreferences/enable-discord-notifications",
    door: "own organisation",
    path: "/api/orgpreferences/enable-discord-notifications",
    headers: IN_ACME,
    body: { enable_discord_notifications: true, discord_webhook: "https://discord.com/api/webhooks/1/token-of-acme" },
  },
  {
    route: "POST /api/notifications",
    door: "own organisation",
    path: "/api/notifications",
    body: { ...fromAcme, sent_to: "all_org_users", org_slug: "acme" },
  },
  {
    route: "POST /api/notifications",
    door: "own organisation",
    path: "/api/notifications",
    body: { ...fromAcme, sent_to: "single_user", user_email: "bob@acme.test", org_slug: "acme" },
  },
  {
    route: "POST /api/notifications",
    door: "another organisation",
    path: "/api/notifications",
    body: { ...fromAcme, sent_to: "all_org_users", org_slug: "globex" },
  },
  {
    route: "POST /api/notifications",
    door: "everybody",
    path: "/api/notifications",
    body: { ...fromAcme, sent_to: "all_users" },
  },

  { route: "POST /api/notifications/ticket", door: "own inbox", path: "/api/notifications/ticket" },

  { route: "PUT /api/orgs/:slug", door: "operators", path: "/api/orgs/globex", body: { name: "Globex" } },
  {
    route: "PUT /api/orgs/:slug/members",
    door: "operators",
    path: "/api/orgs/globex/members",
    body: [CHARLIE],
    largestBytes: 1024 * 1024,
  },
  {
    route: "PATCH /api/orgs/:slug/members",
    door: "operators",
    path: "/api/orgs/globex/members",
    body: [CHARLIE],
    largestBytes: 1024 * 1024,
  },
  {
    route: "DELETE /api/orgs/:slug/members/:user_id",
    door: "operators",
    path: "/api/orgs/globex/members/3",
    before: () => env.DB.exec("UPDATE org_users SET removed_at = NULL WHERE id = 3"),
  },
]

/** One case of each route. */
export const ROUTES = CASES.filter((one, i) => CASES.findIndex(({ route }) => route === one.route) === i)

export const methodOf = ({ route }: Case) => route.split(" ")[0] as string

type Changes = { path?: string; body?: BodyInit | undefined; through?: typeof request }

/** The request of a case, as this caller makes it. */
export async function ask(one: Case, headers: Record<string, string>, changes: Changes = {}): Promise<Response> {
  await one.before?.()
  const { path = one.path, body = one.body && JSON.stringify(one.body), through = request } = changes
  return through(path, {
    method: methodOf(one),
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...one.headers, ...headers },
    ...(body !== undefined && { body }),
  })
}

/** A status; of a socket "open", or the code with which it is closed. */
export type Outcome = number | "open"

export async function outcomeOf(answer: Response): Promise<Outcome> {
  const socket = answer.webSocket
  if (!socket) return answer.status
  const outcome = Promise.withResolvers<Outcome>()
  socket.addEventListener("message", () => outcome.resolve("open"))
  socket.addEventListener("close", ({ code }) => outcome.resolve(code))
  socket.accept()
  return outcome.promise.finally(() => socket.close())
}

/** Somebody for whom every door opens: a super-admin who knows the webhook's key. */
export const keyring = async () => ({ ...(await cookieOf("4")), "x-notification-key": "webhook-key-new" })
