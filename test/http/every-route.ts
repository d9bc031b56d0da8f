import type { Access } from "../../src/http/route-meta"
import type { RegisteredRoute } from "../../scripts/openapi/registered-routes"
import { unsubscribeToken } from "../../src/preferences/unsubscribe/token"
import { demo } from "../support/demo"
import { describedAs, REGISTERED } from "../support/description"
import { cookieOf, request } from "../support/people"
import { bounceOf, signed } from "../support/sns"

/** Whom a request is for. roles.test.ts says what that means for each caller. */
export type Door = Access | "anybody" | "another organisation" | "chosen elsewhere" | "everybody" | "socket"

/** Where no person and no server comes in: other systems tell us something. */
export const WEBHOOKS: Door[] = ["webhook key", "sns signature"]

export type Case = {
  /** As the router names it. */
  route: string
  door: Door
  path: string
  body?: object
  headers?: Record<string, string>
}

const fromAcme = { author: "alice@acme.test", message: "Dashboards are back" }
/** Made with the secret in vitest.config.ts. */
const unsubscribing = await unsubscribeToken("another-secret-of-the-tests", { orgUserId: 1, category: "incident" })

/** What a description cannot say: tokens that only we can make, and for whom else a route is with other input. */
const BY_HAND: Record<string, Partial<Case>[]> = {
  "GET /unsubscribe": [{ path: `/unsubscribe?token=${unsubscribing}` }],
  "POST /unsubscribe": [{ path: `/unsubscribe?token=${unsubscribing}` }],
  "POST /webhooks/v1/ses": [{ body: bounceOf("ivy@initech.test") }],
  "GET /wss/notifications": [{ door: "socket", headers: { upgrade: "websocket" } }],
  "GET /api/notifications/history": [
    {},
    { door: "another organisation", path: "/api/notifications/history?org_slug=globex" },
  ],
  "POST /api/notifications": [
    {},
    { body: { ...fromAcme, sent_to: "single_user", user_email: "bob@acme.test", org_slug: "acme" } },
    { door: "another organisation", body: { ...fromAcme, sent_to: "all_org_users", org_slug: "globex" } },
    { door: "everybody", body: { ...fromAcme, sent_to: "all_users" } },
  ],
}

/** Good requests to each route of the worker: the example of its description, and what is said by hand. */
export const CASES: Case[] = REGISTERED.flatMap((route) => {
  const example = exampleOf(route)
  return [...(BY_HAND[route.name] ?? [{}]).map((change) => ({ ...example, ...change })), ...elsewhere(example)]
})

function exampleOf({ name, path, meta }: RegisteredRoute): Case {
  const { path: parts = {}, query = {}, body } = describedAs(name).example ?? {}
  const filled = path.replace(/:(\w+)(\{[^}]*\})?/g, (_, part: string) => encodeURIComponent(parts[part] ?? ""))
  const search = new URLSearchParams(query).toString()
  return {
    route: name,
    door: meta.access ?? "anybody",
    path: search ? `${filled}?${search}` : filled,
    ...(body !== undefined && { body: body as object }),
    ...(ofAnOrganisation(meta.access) && { headers: { "x-dalgo-org": "acme" } }),
  }
}

function ofAnOrganisation(door?: Door): boolean {
  return door === "org member" || door === "org admin"
}

function elsewhere(example: Case): Case[] {
  if (!ofAnOrganisation(example.door)) return []
  return [{ ...example, door: "chosen elsewhere", headers: { "x-dalgo-org": "globex" } }]
}

/** One case of each route. */
export const ROUTES = CASES.filter((one, i) => CASES.findIndex(({ route }) => route === one.route) === i)

export const methodOf = ({ route }: Case) => route.split(" ")[0] as string

/** What is let in by its signature is signed as it is sent. */
async function written({ door }: Case, body: object): Promise<object> {
  if (door !== "sns signature") return body
  return signed({ Message: JSON.stringify(body) })
}

type Changes = { method?: string; path?: string; body?: BodyInit | undefined; through?: typeof request }

/** The request of a case, as this caller makes it. It finds the demo data, whatever the one before has done to that. */
export async function ask(one: Case, headers: Record<string, string>, changes: Changes = {}): Promise<Response> {
  const { method = methodOf(one), path = one.path, through = request } = changes
  const { body = one.body && JSON.stringify(await written(one, one.body)) } = changes
  await demo()
  return through(path, {
    method,
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
