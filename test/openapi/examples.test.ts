import { beforeEach, expect, it } from "vitest"
import { responseErrors, routeDocsOf } from "../support/openapi-document"
import { cookieOf, tokenFor } from "../support/people"
import { captureQueues } from "../support/queues"
import { sendCase, type Case, CASES, ROUTES } from "../http/route-cases"

beforeEach(() => {
  captureQueues()
})

const httpCases = (cases: Case[]) =>
  cases.filter(({ access }) => access !== "socket").map((one) => [one.route, one.body ?? "", one] as const)

/** The caller for the example request. */
const callerFor = async ({ access }: Case): Promise<Record<string, string>> => {
  if (access === "anybody" || access === "sns signature") return {}
  if (access === "webhook key") return { "x-notification-key": "webhook-key-new" }
  if (access === "server only") return { authorization: "Bearer service-key-new" }
  return cookieOf(access === "platform only" ? "4" : "1")
}

it.each(httpCases(ROUTES))(
  "has an example that succeeds, with a fully described response: %s",
  async (_route, _body, one) => {
    const answer = await sendCase(one, await callerFor(one))
    expect(answer.status).toBe(200)
    expect(await responseErrors(one.route, answer)).toEqual([])

    const { response: schema, contentType } = routeDocsOf(one.route)
    const isJson = schema._zod.def.type !== "string" && !contentType
    const body = isJson ? await answer.json() : await answer.text()
    // Parsing drops fields that the schema does not describe.
    expect(schema.parse(body)).toEqual(body)
  },
)

it.each(httpCases(CASES))("describes every response to every caller: %s %j", async (_route, _body, one) => {
  const callers = {
    nobody: {},
    "somebody whose token has expired": { cookie: `access_token=${await tokenFor("1", { exp: 1 })}` },
    "a program whose token has expired": { authorization: `Bearer ${await tokenFor("1", { exp: 1 })}` },
    "a person without an organisation": await cookieOf("999"),
    Alice: await cookieOf("1"),
    "Alice, where she is not": { ...(await cookieOf("1")), "x-dalgo-org": "globex" },
    Bob: await cookieOf("2"),
    Dora: await cookieOf("4"),
    "a server": { authorization: "Bearer service-key-new" },
    "a server for Bob": { authorization: "Bearer service-key-new", "x-dalgo-user": "2" },
    "a server for nobody": { authorization: "Bearer service-key-new", "x-dalgo-user": "999" },
    "a server that chooses nothing": { authorization: "Bearer service-key-new", "x-dalgo-org": "" },
    Prefect: { "x-notification-key": "webhook-key-old" },
  }
  for (const [caller, headers] of Object.entries(callers)) {
    expect(await responseErrors(one.route, await sendCase(one, headers)), caller).toEqual([])
  }
})
