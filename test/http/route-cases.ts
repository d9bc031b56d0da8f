import type { Access } from "../../src/http/route-meta"
import type { RegisteredRoute } from "../../scripts/openapi/registered-routes"
import { unsubscribeToken } from "../../src/preferences/unsubscribe/token"
import { insertExampleData } from "../support/example-data"
import { REGISTERED_ROUTES, routeDocsOf } from "../support/openapi-document"
import { cookieOf, request } from "../support/people"
import { bounceEvent, signMessage } from "../support/fake-sns"

/** Who may send a request. test/auth/access.test.ts has the outcome for each caller. */
export type CaseAccess = Access | "anybody" | "another organisation" | "chosen elsewhere" | "everybody" | "socket"

/** Routes for other systems, which have neither tokens nor service keys. */
export const WEBHOOKS: CaseAccess[] = ["webhook key", "sns signature"]

export type Case = {
  /** Method and path, as the router lists them. */
  route: string
  access: CaseAccess
  path: string
  body?: object
  headers?: Record<string, string>
}

const fromAcme = { author: "alice@acme.test", message: "Dashboards are back" }
/** Signed with the secret in vitest.config.ts. */
const unsubscribeLinkToken = await unsubscribeToken("another-secret-of-the-tests", {
  orgUserIds: [1],
  category: "incident",
})

/** Cases that the API description lacks: signed tokens, and input that needs other access. */
const EXTRA_CASES: Record<string, Partial<Case>[]> = {
  "GET /unsubscribe": [{ path: `/unsubscribe?token=${unsubscribeLinkToken}` }],
  "POST /unsubscribe": [{ path: `/unsubscribe?token=${unsubscribeLinkToken}` }],
  "POST /webhooks/v1/ses": [{ body: bounceEvent("ivy@initech.test") }],
  "GET /wss/notifications": [{ access: "socket", headers: { upgrade: "websocket" } }],
  "GET /api/notifications/history": [
    {},
    { access: "another organisation", path: "/api/notifications/history?org_slug=globex" },
  ],
  "POST /api/notifications": [
    {},
    { body: { ...fromAcme, sent_to: "single_user", user_email: "bob@acme.test", org_slug: "acme" } },
    { access: "another organisation", body: { ...fromAcme, sent_to: "all_org_users", org_slug: "globex" } },
    { access: "everybody", body: { ...fromAcme, sent_to: "all_users" } },
    {
      access: "server only",
      body: {
        ...fromAcme,
        recipients: [{ org_slug: "acme", user_id: 2 }],
        skip_email: true,
        link: { url: "/reports/7", label: "See the report" },
      },
    },
  ],
}

/** Valid requests to every route: the examples of the API description, and the cases above. */
export const CASES: Case[] = REGISTERED_ROUTES.flatMap((route) => {
  const example = exampleOf(route)
  return [...(EXTRA_CASES[route.name] ?? [{}]).map((change) => ({ ...example, ...change })), ...inOtherOrg(example)]
})

function exampleOf({ name, path, meta }: RegisteredRoute): Case {
  const { path: parts = {}, query = {}, body } = routeDocsOf(name).example ?? {}
  const filled = path.replace(/:(\w+)(\{[^}]*\})?/g, (_, part: string) => encodeURIComponent(parts[part] ?? ""))
  const search = new URLSearchParams(query).toString()
  return {
    route: name,
    access: meta.access ?? "anybody",
    path: search ? `${filled}?${search}` : filled,
    ...(body !== undefined && { body: body as object }),
    ...(isInOrg(meta.access) && { headers: { "x-dalgo-org": "acme" } }),
  }
}

function isInOrg(access?: CaseAccess): boolean {
  return access === "org member" || access === "org admin"
}

function inOtherOrg(example: Case): Case[] {
  if (!isInOrg(example.access)) return []
  return [{ ...example, access: "chosen elsewhere", headers: { "x-dalgo-org": "globex" } }]
}

/** One case of each route. */
export const ROUTES = CASES.filter((one, i) => CASES.findIndex(({ route }) => route === one.route) === i)

/** The routes that were kept from Dalgo ignore unknown fields, as its backend does. */
export const isKeptFromDalgo = ({ route }: Case) =>
  REGISTERED_ROUTES.some(({ name, meta }) => name === route && meta.takesText === true)

export const methodOf = ({ route }: Case) => route.split(" ")[0] as string

/** Messages of Amazon SNS are signed when they are sent. */
async function signedIfNeeded({ access }: Case, body: object): Promise<object> {
  if (access !== "sns signature") return body
  return signMessage({ Message: JSON.stringify(body) })
}

type Changes = { method?: string; path?: string; body?: BodyInit | undefined; through?: typeof request }

/** Sends the request of a case with these headers, after restoring the demo data. */
export async function sendCase(one: Case, headers: Record<string, string>, changes: Changes = {}): Promise<Response> {
  const { method = methodOf(one), path = one.path, through = request } = changes
  const { body = one.body && JSON.stringify(await signedIfNeeded(one, one.body)) } = changes
  await insertExampleData()
  return through(path, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...one.headers, ...headers },
    ...(body !== undefined && { body }),
  })
}

/** A status; for a WebSocket `open` or its close code. */
export type Outcome = number | "open"

export async function outcomeOf(response: Response): Promise<Outcome> {
  const socket = response.webSocket
  if (!socket) return response.status
  const outcome = Promise.withResolvers<Outcome>()
  socket.addEventListener("message", () => outcome.resolve("open"))
  socket.addEventListener("close", ({ code }) => outcome.resolve(code))
  socket.accept()
  return outcome.promise.finally(() => socket.close())
}

/** Headers that the route of a case accepts: of a super-admin with the key of the webhook, or of a server. */
export const fullAccess = async ({ access }: Case): Promise<Record<string, string>> =>
  access === "server only"
    ? { authorization: "Bearer service-key-new" }
    : { ...(await cookieOf("4")), "x-notification-key": "webhook-key-new" }
