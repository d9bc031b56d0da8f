import { env } from "cloudflare:workers"
import { beforeEach, expect, it } from "vitest"
import { app } from "../../src/app"
import { bob, charlie, cookieOf, eve, insertEve } from "../support/people"
import { captureQueues } from "../support/queues"
import { sendCase, CASES, type CaseAccess, type Outcome, outcomeOf } from "../http/route-cases"

const CALLERS = {
  nobody: {},
  "a wrong service key": { authorization: "Bearer service-key-stolen" },
  "a wrong webhook key": { "x-notification-key": "webhook-key-stolen" },
  "the new webhook key": { "x-notification-key": "webhook-key-new" },
  "the old webhook key": { "x-notification-key": "webhook-key-old" },
  member: await cookieOf("2"),
  analyst: await cookieOf("5"),
  admin: await cookieOf("1"),
  "super-admin": await cookieOf("4"),
  "the new service key": { authorization: "Bearer service-key-new" },
  "the old service key": { authorization: "Bearer service-key-old" },
}
type Caller = keyof typeof CALLERS

const strangers = (outcome: Outcome, webhookKeys = outcome) => ({
  nobody: outcome,
  "a wrong service key": outcome,
  "a wrong webhook key": outcome,
  "the new webhook key": webhookKeys,
  "the old webhook key": webhookKeys,
})
const people = (member: Outcome, admin: Outcome, superAdmin: Outcome) => ({
  member,
  analyst: member,
  admin,
  "super-admin": superAdmin,
})
const servers = (outcome: Outcome) => ({ "the new service key": outcome, "the old service key": outcome })

const MAY: Record<CaseAccess, Record<Caller, Outcome>> = {
  anybody: { ...strangers(200), ...people(200, 200, 200), ...servers(200) },
  "signed in": { ...strangers(401), ...people(200, 200, 200), ...servers(200) },
  // A server has no inbox.
  member: { ...strangers(401), ...people(200, 200, 200), ...servers(403) },
  "member in person": { ...strangers(401), ...people(200, 200, 200), ...servers(403) },
  "any admin": { ...strangers(401), ...people(403, 200, 200), ...servers(200) },
  "org member": { ...strangers(401), ...people(200, 200, 200), ...servers(200) },
  "org admin": { ...strangers(401), ...people(403, 200, 200), ...servers(200) },
  // Named in the body: a member is rejected for the role, an admin for the organisation.
  "another organisation": { ...strangers(401), ...people(403, 404, 200), ...servers(200) },
  // Named by x-dalgo-org: another organisation is not found.
  "chosen elsewhere": { ...strangers(401), ...people(404, 404, 200), ...servers(200) },
  everybody: { ...strangers(401), ...people(403, 403, 200), ...servers(200) },
  "platform only": { ...strangers(401), ...people(403, 403, 200), ...servers(200) },
  "server only": { ...strangers(401), ...people(403, 403, 403), ...servers(200) },
  // The message itself is authenticated, not its sender.
  "sns signature": { ...strangers(200), ...people(200, 200, 200), ...servers(200) },
  "webhook key": { ...strangers(401, 200), ...people(401, 401, 401), ...servers(401) },
  socket: {
    ...strangers(4001),
    "a wrong service key": 4003,
    ...people("open", "open", "open"),
    ...servers(4003),
  },
}

beforeEach(async () => {
  captureQueues()
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (5, 1, '5', 'ivy@acme.test', 'analyst')",
  ).run()
})

it("covers every route, and requires authentication for most", () => {
  const routes = app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)
  expect(new Set(CASES.map(({ route }) => route))).toEqual(new Set(routes))
  // A route without access middleware would appear in this list.
  expect(CASES.filter(({ access }) => access === "anybody").map(({ route }) => route)).toEqual([
    "GET /api/openapi.json",
    "GET /api/docs",
    "GET /api/docs/:file",
    "GET /unsubscribe",
    "POST /unsubscribe",
    "GET /healthz",
  ])
})

it.each(CASES.map((one) => [one.route, one.access, one.body ?? "", one] as const))(
  "gives each caller the documented access: %s (%s) %j",
  async (_route, access, _body, one) => {
    const outcomes: Partial<Record<Caller, Outcome>> = {}
    for (const [caller, headers] of Object.entries(CALLERS)) {
      outcomes[caller as Caller] = await outcomeOf(await sendCase(one, headers))
    }
    expect(outcomes).toEqual(MAY[access])
  },
)

it("uses the role that a person has in the organisation", async () => {
  await insertEve({ acme: "member", globex: "admin" })
  const send = async (body: object, headers = {}) =>
    (await eve.post("/api/notifications/", { author: "eve", message: "hello", ...body }, headers)).status

  expect(await send({ sent_to: "all_org_users", org_slug: "globex" })).toBe(200)
  expect(await send({ sent_to: "all_org_users", org_slug: "acme" })).toBe(403)
  expect(await send({ sent_to: "single_user", user_email: bob.email })).toBe(403)
  expect(await send({ sent_to: "single_user", user_email: charlie.email }, { "x-dalgo-org": "globex" })).toBe(200)
  expect(await send({ sent_to: "single_user", user_email: bob.email }, { "x-dalgo-org": "globex" })).toBe(400)
})
