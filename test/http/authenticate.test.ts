import { sign } from "hono/jwt"
import { beforeEach, expect, it } from "vitest"
import { responseErrors } from "../support/openapi-document"
import { claimsOf, tokenFor } from "../support/people"
import { captureQueues } from "../support/queues"
import { workerWithEnv } from "../support/worker-with-env"
import { sendCase, type Case, ROUTES, WEBHOOKS } from "./route-cases"

const encode = (part: object) => btoa(JSON.stringify(part)).replaceAll("=", "")

const authenticated = ROUTES.filter(({ access }) => ![...WEBHOOKS, "anybody", "socket"].includes(access)).map(
  (one) => [one.route, one] as const,
)

async function expectRejected(
  one: Case,
  response: Response,
  status: number,
  context: string,
  detail = status === 498 ? "Token expired" : "Not signed in",
) {
  expect(await responseErrors(one.route, response), context).toEqual([])
  expect({ status: response.status, body: await response.json() }, context).toEqual({ status, body: { detail } })
}

beforeEach(() => {
  captureQueues()
})

it.each(authenticated)("answers 401 without a token, and 498 to a cookie that has expired: %s", async (_, one) => {
  await expectRejected(one, await sendCase(one, {}), 401, "nothing")
  const old = await tokenFor("1", { exp: 1 })
  await expectRejected(one, await sendCase(one, { authorization: `Bearer ${old}` }), 401, "a header", "Token expired")
  await expectRejected(one, await sendCase(one, { cookie: `access_token=${old}` }), 498, "a cookie")
})

it.each(authenticated)("rejects tokens with an invalid signature: %s", async (_, one) => {
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
    await expectRejected(one, await sendCase(one, { authorization: `Bearer ${token}` }), 401, what)
    await expectRejected(one, await sendCase(one, { cookie: `access_token=${token}` }), 401, what)
  }
})

it.each(authenticated)("rejects tokens for another audience: %s", async (_, one) => {
  const through = workerWithEnv({ JWT_AUDIENCE: "dalgo-notifications" })
  for (const claims of [{}, { aud: "another" }, { aud: "another", exp: 1 }]) {
    const authorization = `Bearer ${await tokenFor("4", claims)}`
    await expectRejected(one, await sendCase(one, { authorization }, { through }), 401, JSON.stringify(claims))
  }
})

it("accepts a service key in the header only", async () => {
  for (const [, one] of authenticated) {
    await expectRejected(one, await sendCase(one, { cookie: "access_token=service-key-new" }), 401, "a cookie")
  }
})
