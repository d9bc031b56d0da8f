import { beforeEach, expect, it } from "vitest"
import { describedAs, surprises } from "../support/description"
import { cookieOf, tokenFor } from "../support/people"
import { queues } from "../support/queues"
import { ask, type Case, CASES, ROUTES } from "../http/every-route"

beforeEach(() => {
  queues()
})

const asking = (cases: Case[]) =>
  cases.filter(({ door }) => door !== "socket").map((one) => [one.route, one.body ?? "", one] as const)

/** Whom a reader would try it as. */
const callerFor = async ({ door }: Case): Promise<Record<string, string>> => {
  if (door === "anybody" || door === "sns signature") return {}
  if (door === "webhook key") return { "x-notification-key": "webhook-key-new" }
  return cookieOf(door === "platform only" ? "4" : "1")
}

it.each(asking(ROUTES))("shows a request that succeeds, and all of its answer: %s", async (_route, _body, one) => {
  const answer = await ask(one, await callerFor(one))
  expect(answer.status).toBe(200)
  expect(await surprises(one.route, answer)).toEqual([])

  const { response: schema, contentType } = describedAs(one.route)
  const isJson = schema._zod.def.type !== "string" && !contentType
  const said = isJson ? await answer.json() : await answer.text()
  // What is not described is not in what the schema has read.
  expect(schema.parse(said)).toEqual(said)
})

it.each(asking(CASES))("knows every answer, whoever asks: %s %j", async (_route, _body, one) => {
  const callers = {
    nobody: {},
    "somebody whose token has expired": { authorization: `Bearer ${await tokenFor("1", { exp: 1 })}` },
    "a person without an organisation": await cookieOf("999"),
    Alice: await cookieOf("1"),
    "Alice, where she is not": { ...(await cookieOf("1")), "x-dalgo-org": "globex" },
    Bob: await cookieOf("2"),
    Dora: await cookieOf("4"),
    "a server": { authorization: "Bearer service-key-new" },
    "a server that chooses nothing": { authorization: "Bearer service-key-new", "x-dalgo-org": "" },
    Prefect: { "x-notification-key": "webhook-key-old" },
  }
  for (const [caller, headers] of Object.entries(callers)) {
    expect(await surprises(one.route, await ask(one, headers)), caller).toEqual([])
  }
})
