import { sign } from "hono/jwt"
import { beforeEach, expect, it } from "vitest"
import { surprises } from "../support/description"
import { claimsOf, tokenFor } from "../support/people"
import { queues } from "../support/queues"
import { workerWith } from "../support/worker-with"
import { ask, type Case, ROUTES, WEBHOOKS } from "./every-route"

const encode = (part: object) => btoa(JSON.stringify(part)).replaceAll("=", "")

const behindToken = ROUTES.filter(({ door }) => ![...WEBHOOKS, "anybody", "socket"].includes(door)).map(
  (one) => [one.route, one] as const,
)

async function expectRefusal(one: Case, answer: Response, status: number, context: string) {
  expect(await surprises(one.route, answer), context).toEqual([])
  const detail = status === 498 ? "Token expired" : "Not signed in"
  expect({ status: answer.status, body: await answer.json() }, context).toEqual({ status, body: { detail } })
}

beforeEach(() => {
  queues()
})

it.each(behindToken)("tells who is not signed in from whose token has expired: %s", async (_, one) => {
  await expectRefusal(one, await ask(one, {}), 401, "nothing")
  const old = await tokenFor("1", { exp: 1 })
  await expectRefusal(one, await ask(one, { authorization: `Bearer ${old}` }), 498, "a header")
  await expectRefusal(one, await ask(one, { cookie: `access_token=${old}` }), 498, "a cookie")
})

it.each(behindToken)("is closed to tokens that we did not make: %s", async (_, one) => {
  const [header, , signature] = (await tokenFor("1")).split(".")
  const tokens = {
    nonsense: "nonsense",
    forged: `${header}.${encode(claimsOf("4"))}.${signature}`,
    "without an algorithm": `${encode({ alg: "none", typ: "JWT" })}.${encode(claimsOf("4"))}.`,
    "of another key": await sign(claimsOf("4"), "a-secret-that-is-not-ours-32-bytes"),
    "of another key, expired": await sign({ ...claimsOf("4"), exp: 1 }, "a-secret-that-is-not-ours-32-bytes"),
    "a webhook's key": "webhook-key-new",
  }
  for (const [what, token] of Object.entries(tokens)) {
    await expectRefusal(one, await ask(one, { authorization: `Bearer ${token}` }), 401, what)
    await expectRefusal(one, await ask(one, { cookie: `access_token=${token}` }), 401, what)
  }
})

it.each(behindToken)("is closed to tokens that are for somebody else: %s", async (_, one) => {
  const through = workerWith({ JWT_AUDIENCE: "dalgo-notifications" })
  for (const claims of [{}, { aud: "another" }, { aud: "another", exp: 1 }]) {
    const authorization = `Bearer ${await tokenFor("4", claims)}`
    await expectRefusal(one, await ask(one, { authorization }, { through }), 401, JSON.stringify(claims))
  }
})

it("takes a service key from the header only: servers send no cookies", async () => {
  for (const [, one] of behindToken) {
    await expectRefusal(one, await ask(one, { cookie: "access_token=service-key-new" }), 401, "a cookie")
  }
})
