import { env } from "cloudflare:workers"
import { beforeEach, expect, it } from "vitest"
import { app } from "../../src/app"
import { bob, charlie, cookieOf, person } from "../support/people"
import { queues } from "../support/queues"
import { ask, CASES, type Door, type Outcome, outcomeOf } from "./every-route"

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

const MAY: Record<Door, Record<Caller, Outcome>> = {
  anybody: { ...strangers(200), ...people(200, 200, 200), ...servers(200) },
  "signed in": { ...strangers(401), ...people(200, 200, 200), ...servers(200) },
  // A server is nobody in particular, and so has no inbox.
  member: { ...strangers(401), ...people(200, 200, 200), ...servers(403) },
  "any admin": { ...strangers(401), ...people(403, 200, 200), ...servers(200) },
  "org member": { ...strangers(401), ...people(200, 200, 200), ...servers(200) },
  "org admin": { ...strangers(401), ...people(403, 200, 200), ...servers(200) },
  // Named in the body, where admins must say nothing, and others get no further than the door.
  "another organisation": { ...strangers(401), ...people(403, 404, 200), ...servers(200) },
  // Named by x-dalgo-org: a stranger's is not there.
  "chosen elsewhere": { ...strangers(401), ...people(404, 404, 200), ...servers(200) },
  everybody: { ...strangers(401), ...people(403, 403, 200), ...servers(200) },
  "platform only": { ...strangers(401), ...people(403, 403, 200), ...servers(200) },
  // It is the message that is let in, whoever brings it.
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
  queues()
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (5, 1, '5', 'ann@acme.test', 'analyst')",
  ).run()
})

it("asks every route of the worker, and most of them who is there", () => {
  const routes = app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)
  expect(new Set(CASES.map(({ route }) => route))).toEqual(new Set(routes))
  // A route that forgot its door would be open, and this list would grow.
  expect(CASES.filter(({ door }) => door === "anybody").map(({ route }) => route)).toEqual([
    "GET /api/openapi.json",
    "GET /api/docs",
    "GET /api/docs/:file",
    "GET /unsubscribe",
    "POST /unsubscribe",
    "GET /healthz",
  ])
})

it.each(CASES.map((one) => [one.route, one.door, one.body ?? "", one] as const))(
  "lets in to %s (%s) who may enter: %j",
  async (_route, door, _body, one) => {
    const outcomes: Partial<Record<Caller, Outcome>> = {}
    for (const [caller, headers] of Object.entries(CALLERS)) {
      outcomes[caller as Caller] = await outcomeOf(await ask(one, headers))
    }
    expect(outcomes).toEqual(MAY[door])
  },
)

it("gives a person in each organisation the role they have there", async () => {
  await env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
     (6, 1, '6', 'eve@acme.test', 'member'), (7, 2, '6', 'eve@acme.test', 'admin')`,
  ).run()
  const eve = person("6")
  const send = async (body: object, headers = {}) =>
    (await eve.post("/api/notifications/", { author: "eve", message: "hello", ...body }, headers)).status

  expect(await send({ sent_to: "all_org_users", org_slug: "globex" })).toBe(200)
  expect(await send({ sent_to: "all_org_users", org_slug: "acme" })).toBe(403)
  expect(await send({ sent_to: "single_user", user_email: bob.email })).toBe(403)
  expect(await send({ sent_to: "single_user", user_email: charlie.email }, { "x-dalgo-org": "globex" })).toBe(200)
  expect(await send({ sent_to: "single_user", user_email: bob.email }, { "x-dalgo-org": "globex" })).toBe(400)
})
