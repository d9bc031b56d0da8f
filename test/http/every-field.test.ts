import { env } from "cloudflare:workers"
import { beforeEach, expect, it, vi } from "vitest"
import { demo } from "../support/demo"
import { operationOf, surprises } from "../support/description"
import { cookieOf, request } from "../support/people"
import { queues } from "../support/queues"
import { rows } from "../support/rows"
import { type Case, keyring, methodOf, ROUTES } from "./every-route"
import { fieldsOf, optionsOf, withValue, wrongTexts, wrongValues } from "./wrong-values"

// What each route says of a wrong request, for every field that its description has: a new route, and a new field,
// is here on the day it is described.

let caller: Record<string, string>
beforeEach(async () => {
  queues()
  // Sending is limited by the minute, and this is a great deal of it.
  vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: true })
  caller = await keyring()
  await demo()
})

async function send(one: Case, { path = one.path, body = one.body }: { path?: string; body?: unknown }) {
  const type = body === undefined ? {} : { "content-type": "application/json" }
  return request(path, {
    method: methodOf(one),
    headers: { ...type, ...one.headers, ...caller },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

const withBody = (one: Case, at: string[], value: unknown) => send(one, { body: withValue(one.body, at, value) })

const withQuery = (one: Case, name: string, ...texts: string[]) => {
  const [path, search] = one.path.split("?")
  const query = new URLSearchParams(search)
  query.delete(name)
  for (const text of texts) query.append(name, text)
  return send(one, { path: `${path}?${query.toString()}` })
}

const withPart = (one: Case, name: string, text: string) => {
  const isIt = new RegExp(`^:${name}\\b`)
  const at = one.route.split("/").findIndex((part) => isIt.test(part))
  const parts = one.path.split("/").with(at, encodeURIComponent(text))
  return send(one, { path: parts.join("/") })
}

/** It is answered as the description says, whatever that is. */
async function expectNoSurprise(one: Case, answer: Response, context: string) {
  expect(await surprises(one.route, answer), context).toEqual([])
  expect(answer.status, context).toBeLessThan(500)
}

/** It is refused, and for this field alone. What a webhook cannot read it keeps, and says no more. */
async function expectFlaw(one: Case, answer: Response, at: string[], context: string) {
  await expectNoSurprise(one, answer, context)
  expect(answer.status, context).toBe(422)
  const where = one.door === "webhook key" ? at.slice(0, 1) : at
  for (const flaw of (await answer.json<any>()).detail) {
    expect(flaw.loc.slice(0, where.length).map(String), context).toEqual(where)
    expect(flaw, context).toMatchObject({ msg: expect.stringMatching(/./), type: expect.stringMatching(/^[a-z_]+$/) })
  }
}

const short = (...what: unknown[]) => JSON.stringify(what).slice(0, 80)
const bodyOf = ({ route }: Case) => operationOf(route).body
const bodyFieldsOf = (one: Case) => fieldsOf(bodyOf(one) ?? {})
const parametersOf = ({ route }: Case, where: "path" | "query") =>
  operationOf(route).parameters.filter((parameter) => parameter.in === where)

const asking = ROUTES.filter(({ door }) => door !== "socket").map((one) => [one.route, one] as const)
const withABody = asking.filter(([, one]) => bodyOf(one))
const withAQuery = asking.filter(([, one]) => parametersOf(one, "query").length > 0)
const withAPath = asking.filter(([, one]) => parametersOf(one, "path").length > 0)

/** What no schema forbids everywhere, and no answer may fail at. */
const EXTREMES = ["1000000000000", "9007199254740991", "-1000000000000", "\0", "\u{1f600}", "' OR 1=1 --", "%", ".."]

it.each(withABody)("says what is wrong with each field of the body: %s", async (_, one) => {
  for (const { at, schema } of bodyFieldsOf(one)) {
    for (const value of wrongValues(schema)) {
      await expectFlaw(one, await withBody(one, at, value), ["body", ...at], short(at, value))
    }
  }
  expect(await rows("SELECT id FROM notifications")).toHaveLength(2)
})

it.each(withABody)("misses each field that must be in the body: %s", async (_, one) => {
  for (const name of optionsOf(bodyOf(one) ?? {}).flatMap(({ required = [] }) => required)) {
    await expectFlaw(one, await withBody(one, [name], undefined), ["body", name], name)
  }
})

it.each(withABody)("takes 10,000 ids, or says that they are too many: %s", async (_, one) => {
  const lists = bodyFieldsOf(one).filter(({ schema }) =>
    optionsOf(schema).some(({ items }) => items?.type === "integer"),
  )
  for (const { at } of lists) {
    for (const first of [1, 1_000_000]) {
      const answer = await withBody(
        one,
        at,
        Array.from({ length: 10_000 }, (__, i) => first + i),
      )
      await expectNoSurprise(one, answer, short(at, first))
      expect([200, 413, 422], short(at, first)).toContain(answer.status)
    }
  }
})

it.each(withAQuery)("says what is wrong with each field of the query: %s", async (_, one) => {
  for (const { name, schema, required } of parametersOf(one, "query")) {
    for (const text of wrongTexts(schema)) {
      await expectFlaw(one, await withQuery(one, name, text), ["query", name], short(name, text))
    }
    if (schema.type !== "array") await expectFlaw(one, await withQuery(one, name, "1", "1"), ["query", name], name)
    if (required) await expectFlaw(one, await withQuery(one, name), ["query", name], name)
    for (const text of EXTREMES) {
      await expectNoSurprise(one, await withQuery(one, name, text), short(name, text))
    }
  }
})

const withDates = withAQuery.filter(([, one]) => parametersOf(one, "query").some(({ name }) => name === "from"))

it.each(withDates)("is asked for no time that ends before it begins: %s", async (_, one) => {
  const [path] = one.path.split("?")
  const answer = await send(one, { path: `${path}?from=2026-12-31&to=2026-01-01` })
  await expectNoSurprise(one, answer, "from, to")
  expect([400, 422]).toContain(answer.status)
})

it.each(withAPath)("finds nothing under what cannot be a part of its path: %s", async (_, one) => {
  for (const { name, schema } of parametersOf(one, "path")) {
    for (const text of wrongTexts(schema).filter(Boolean)) {
      const answer = await withPart(one, name, text)
      await expectNoSurprise(one, answer, short(name, text))
      expect([404, 422], short(name, text)).toContain(answer.status)
    }
    for (const text of [...EXTREMES, "x".repeat(5_000)].filter((each) => each !== "..")) {
      await expectNoSurprise(one, await withPart(one, name, text), short(name, text))
    }
  }
})

it.each(asking)("shows Alice nothing of globex by its name: %s", async (_, one) => {
  caller = { ...(await cookieOf("1")), "x-notification-key": "webhook-key-new" }
  const isSlug = (name = "") => name.endsWith("slug")
  const answers = [
    ...bodyFieldsOf(one).flatMap(({ at }) => (isSlug(at.at(-1)) ? [withBody(one, at, "globex")] : [])),
    ...parametersOf(one, "query").flatMap(({ name }) => (isSlug(name) ? [withQuery(one, name, "globex")] : [])),
    ...parametersOf(one, "path").flatMap(({ name }) => (isSlug(name) ? [withPart(one, name, "globex")] : [])),
  ]
  for (const answer of await Promise.all(answers)) {
    await expectNoSurprise(one, answer, "globex")
    expect([403, 404]).toContain(answer.status)
  }
})
