import { env } from "cloudflare:workers"
import { beforeEach, expect, it, vi } from "vitest"
import { insertExampleData } from "../support/example-data"
import { operationOf, responseErrors } from "../support/openapi-document"
import { cookieOf, request } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { type Case, CASES, fullAccess, methodOf, ROUTES } from "./route-cases"
import { fieldsOf, hasParent, optionsOf, withValue, invalidTexts, invalidValues } from "./invalid-values"

// Invalid requests to every route, for each field of its API description. A new route or field is tested as soon as it is
// described.

/** Another caller than the one with full access. */
let caller: Record<string, string> | undefined
beforeEach(async () => {
  caller = undefined
  captureQueues()
  // These tests send more per minute than the rate limit allows.
  vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: true })
  vi.spyOn(env.SEARCH_LIMIT, "limit").mockResolvedValue({ success: true })
  await insertExampleData()
})

async function send(one: Case, { path = one.path, body = one.body }: { path?: string; body?: unknown }) {
  const type = body === undefined ? {} : { "content-type": "application/json" }
  return request(path, {
    method: methodOf(one),
    headers: { ...type, ...one.headers, ...(caller ?? (await fullAccess(one))) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** The case of the same route whose body has the object of this field. */
const caseWith = (one: Case, at: string[]) =>
  [one, ...CASES.filter(({ route }) => route === one.route)].find(({ body }) => hasParent(body, at)) ?? one

function withBody(route: Case, at: string[], value: unknown) {
  const one = caseWith(route, at)
  return send(one, { body: withValue(one.body, at, value) })
}

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

/** The response must be one that the API description has. */
async function expectDocumented(one: Case, response: Response, context: string) {
  expect(await responseErrors(one.route, response), context).toEqual([])
  expect(response.status, context).toBeLessThan(500)
}

/** The response is 422, for this field only. Webhooks store an invalid body and give no details. */
async function expectIssue(one: Case, response: Response, at: string[], context: string) {
  await expectDocumented(one, response, context)
  expect(response.status, context).toBe(422)
  const where = one.access === "webhook key" ? at.slice(0, 1) : at
  for (const issue of (await response.json<any>()).detail) {
    expect(issue.loc.slice(0, where.length).map(String), context).toEqual(where)
    expect(issue, context).toMatchObject({ msg: expect.stringMatching(/./), type: expect.stringMatching(/^[a-z_]+$/) })
  }
}

const short = (...what: unknown[]) => JSON.stringify(what).slice(0, 80)
const bodyOf = ({ route }: Case) => operationOf(route).body
const bodyFieldsOf = (one: Case) => fieldsOf(bodyOf(one) ?? {})
const parametersOf = ({ route }: Case, where: "path" | "query") =>
  operationOf(route).parameters.filter((parameter) => parameter.in === where)

const cases = ROUTES.filter(({ access }) => access !== "socket").map((one) => [one.route, one] as const)
/** Its rows are refused one by one: test/orgs/invalid-members.test.ts. */
const ROW_BY_ROW = "PATCH /api/orgs/:slug/members"
const withBodySchema = cases.filter(([route, one]) => bodyOf(one) && route !== ROW_BY_ROW)
const withQuerySchema = cases.filter(([, one]) => parametersOf(one, "query").length > 0)
const withPathSchema = cases.filter(([, one]) => parametersOf(one, "path").length > 0)

/** Texts that some schemas allow. None may cause a 500. */
const EXTREMES = ["1000000000000", "9007199254740991", "-1000000000000", "\0", "\u{1f600}", "' OR 1=1 --", "%", ".."]

it.each(withBodySchema)("reports invalid values of each body field: %s", async (_, one) => {
  for (const { at, schema } of bodyFieldsOf(one)) {
    for (const value of invalidValues(schema)) {
      await expectIssue(one, await withBody(one, at, value), ["body", ...at], short(at, value))
    }
  }
  expect(await selectRows("SELECT id FROM notifications")).toHaveLength(2)
})

it.each(withBodySchema)("reports each missing body field: %s", async (_, one) => {
  for (const name of optionsOf(bodyOf(one) ?? {}).flatMap(({ required = [] }) => required)) {
    await expectIssue(one, await withBody(one, [name], undefined), ["body", name], name)
  }
})

const withJson = withBodySchema.filter(([, { access }]) => access !== "webhook key" && access !== "sns signature")

it.each(withJson)("reports half of a character and NUL in each text: %s", async (_, one) => {
  const texts = bodyFieldsOf(one).filter(({ schema }) => optionsOf(schema).some(({ type }) => type === "string"))
  for (const { at } of texts) {
    for (const text of ["half \uD83D of one", "cut \0 off"]) {
      await expectIssue(one, await withBody(one, at, text), ["body", ...at], short(at, text))
    }
  }
  expect(await selectRows("SELECT id FROM notifications")).toHaveLength(2)
})

it.each(withBodySchema)("accepts 10,000 ids, or reports that they are too many: %s", async (_, one) => {
  const lists = bodyFieldsOf(one).filter(({ schema }) =>
    optionsOf(schema).some(({ items }) => items?.type === "integer"),
  )
  for (const { at } of lists) {
    for (const first of [1, 1_000_000]) {
      const response = await withBody(
        one,
        at,
        Array.from({ length: 10_000 }, (__, i) => first + i),
      )
      await expectDocumented(one, response, short(at, first))
      expect([200, 413, 422], short(at, first)).toContain(response.status)
    }
  }
})

it.each(withQuerySchema)("reports invalid values of each query parameter: %s", async (_, one) => {
  for (const { name, schema, required } of parametersOf(one, "query")) {
    for (const text of invalidTexts(schema)) {
      await expectIssue(one, await withQuery(one, name, text), ["query", name], short(name, text))
    }
    if (schema.type !== "array") await expectIssue(one, await withQuery(one, name, "1", "1"), ["query", name], name)
    if (required) await expectIssue(one, await withQuery(one, name), ["query", name], name)
    for (const text of EXTREMES) {
      await expectDocumented(one, await withQuery(one, name, text), short(name, text))
    }
  }
})

const withDates = withQuerySchema.filter(([, one]) => parametersOf(one, "query").some(({ name }) => name === "from"))

it.each(withDates)("rejects a period that ends before it begins: %s", async (_, one) => {
  const [path] = one.path.split("?")
  const response = await send(one, { path: `${path}?from=2026-12-31&to=2026-01-01` })
  await expectDocumented(one, response, "from, to")
  expect([400, 422]).toContain(response.status)
})

it.each(withPathSchema)("answers 404 or 422 to invalid path parameters: %s", async (_, one) => {
  for (const { name, schema } of parametersOf(one, "path")) {
    for (const text of invalidTexts(schema).filter(Boolean)) {
      const response = await withPart(one, name, text)
      await expectDocumented(one, response, short(name, text))
      expect([404, 422], short(name, text)).toContain(response.status)
    }
    for (const text of [...EXTREMES, "x".repeat(5_000)].filter((each) => each !== "..")) {
      await expectDocumented(one, await withPart(one, name, text), short(name, text))
    }
  }
})

it.each(cases)("shows Alice nothing of globex for its slug: %s", async (_, one) => {
  caller = { ...(await cookieOf("1")), "x-notification-key": "webhook-key-new" }
  const isSlug = (name = "") => name.endsWith("slug")
  const answers = [
    ...bodyFieldsOf(one).flatMap(({ at }) => (isSlug(at.at(-1)) ? [withBody(one, at, "globex")] : [])),
    ...parametersOf(one, "query").flatMap(({ name }) => (isSlug(name) ? [withQuery(one, name, "globex")] : [])),
    ...parametersOf(one, "path").flatMap(({ name }) => (isSlug(name) ? [withPart(one, name, "globex")] : [])),
  ]
  for (const response of await Promise.all(answers)) {
    await expectDocumented(one, response, "globex")
    expect([403, 404]).toContain(response.status)
  }
})
