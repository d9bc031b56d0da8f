import { expect, it } from "vitest"
import * as z from "zod/mini"
import { member, memberInPerson, orgAdmin, serverOnly } from "../../src/http/authenticate"
import { body, conditionalGet, jsonBody, path, query } from "../../src/http/validate"
import { withMeta } from "../../src/http/route-meta"
import { idempotent } from "../../src/http/idempotency"
import { router } from "../../src/http/router"
import { sendRateLimit } from "../../src/http/rate-limit"
import { webhookKey } from "../../src/http/webhook-key"
import type { DocsByRoute } from "../../src/http/route-docs"
import { buildDocument } from "../../scripts/openapi/document"
import { withSchemaName } from "../../src/http/schema-name"
import { TAGS } from "../../scripts/openapi/tags"
import { fieldsOf } from "../http/invalid-values"
import { DOCUMENT, operationOf, REGISTERED_ROUTES, routeDocsOf } from "../support/openapi-document"

it("describes every route, and no other", () => {
  const documented = TAGS.flatMap(({ routes }) => Object.keys(routes))
  expect(documented.toSorted()).toEqual(REGISTERED_ROUTES.map(({ name }) => name).toSorted())
})

it("gives each operation a unique operationId that is an identifier", () => {
  const ids = Object.values(DOCUMENT.paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId),
  )
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z][a-zA-Z0-9]+$/)
})

it.each(REGISTERED_ROUTES)("describes only existing fields of $name", ({ name }) => {
  const { parameters, body: taken = {} } = operationOf(name)
  const fields = [...parameters.map((parameter) => parameter.name), ...fieldsOf(taken).map(({ at }) => at[0])]
  expect(fields).toEqual(expect.arrayContaining(Object.keys(routeDocsOf(name).fields ?? {})))
})

const handler = (c: any) => c.json({})
const empty = { summary: "Something", response: z.object({}) }

/** The document of these routes, and its first operation. */
function described(routes: ReturnType<typeof router>, words: DocsByRoute) {
  const document = buildDocument(routes.routes, [{ name: "A room", description: "For a test.", routes: words }], {
    version: "1.2.3",
  })
  const operation: any = Object.values(Object.values(document.paths)[0] ?? {})[0]
  return { document, operation, statuses: Object.keys(operation?.responses ?? {}) }
}

it("describes a query as sent, and not as parsed", () => {
  const Asked = z.pipe(
    z.object({
      page: z._default(z.coerce.number().check(z.int(), z.gte(1)), 1),
      read: z.optional(
        z.pipe(
          z.enum(["0", "1"]),
          z.transform((text) => text === "1"),
        ),
      ),
      q: z.string().check(z.trim(), z.minLength(1), z.maxLength(9)),
      kinds: z.optional(
        z.pipe(
          z.transform((given) => [given].flat()),
          z.array(z.enum(["a", "b"])),
        ),
      ),
      from: z.optional(
        z.pipe(
          z.iso.datetime({ local: true }),
          z.transform((text) => Date.parse(text)),
        ),
      ),
    }),
    z.transform((asked) => ({ ...asked, isNew: true })),
  )
  const words = { ...empty, fields: { q: "what to look for" }, example: { query: { page: "2", q: "x", kinds: "a,b" } } }
  const { operation, statuses } = described(router().get("/things", query(Asked), handler), { "GET /things": words })
  expect(operation.parameters).toEqual([
    {
      name: "page",
      in: "query",
      required: false,
      schema: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 },
      example: 2,
    },
    { name: "read", in: "query", required: false, schema: { type: "string", enum: ["0", "1"] } },
    {
      name: "q",
      in: "query",
      required: true,
      description: "what to look for",
      schema: { type: "string", minLength: 1, maxLength: 9, pattern: "\\S" },
      example: "x",
    },
    {
      name: "kinds",
      in: "query",
      required: false,
      schema: { type: "array", items: { type: "string", enum: ["a", "b"] } },
      example: ["a", "b"],
    },
    { name: "from", in: "query", required: false, schema: { type: "string", format: "date-time" } },
  ])
  expect(statuses).toEqual(["200", "422", "500"])
})

it("describes path parameters", () => {
  const routes = router().delete("/orgs/:slug/members/:id{[0-9]+}", path(z.object({ id: z.string() })), handler)
  const words = { ...empty, fields: { id: "whose" }, example: { path: { slug: "acme", id: "1" } } }
  const { document, operation, statuses } = described(routes, { "DELETE /orgs/:slug/members/:id{[0-9]+}": words })
  expect(Object.keys(document.paths)).toEqual(["/orgs/{slug}/members/{id}"])
  expect(operation.operationId).toBe("deleteOrgsBySlugMembersById")
  expect(operation.parameters).toEqual([
    { name: "slug", in: "path", required: true, schema: { type: "string" }, example: "acme" },
    { name: "id", in: "path", required: true, description: "whose", schema: { type: "string" }, example: "1" },
  ])
  expect(statuses).toEqual(["200", "404", "422", "500"])
})

it("describes what middleware requires, and its errors", () => {
  const Thing = z.strictObject({ at: z.optional(z.nullable(z.iso.datetime())), is_new: z._default(z.boolean(), true) })
  const routes = router().post("/things", orgAdmin, sendRateLimit, jsonBody, body(Thing), idempotent, handler)
  const { operation, statuses } = described(routes, {
    "POST /things": { ...empty, badRequests: ["there are enough things"], fields: { at: "when" } },
  })
  expect(operation.requestBody.content["application/json"].schema).toEqual({
    type: "object",
    properties: {
      at: { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }], description: "when" },
      is_new: { type: "boolean", default: true },
    },
    additionalProperties: false,
  })
  expect(operation.security).toEqual([{ cookie: [] }, { token: [] }, { serviceKey: [] }])
  expect(operation.parameters.map(({ $ref }: any) => $ref)).toEqual([
    "#/components/parameters/Organisation",
    "#/components/parameters/IdempotencyKey",
  ])
  expect(statuses).toEqual("200 400 401 403 404 409 413 415 422 429 498 500 503".split(" "))
  expect(operation.responses[400].description).toContain("- there are enough things")
  expect(operation.responses[413].description).toContain("65536 bytes")
})

it("describes access and conditional requests", () => {
  const own = described(router().get("/mine", member, conditionalGet, handler), { "GET /mine": empty })
  expect(own.operation.security).toEqual([{ cookie: [] }, { token: [] }, { serviceKey: [] }])
  expect(own.operation.parameters).toEqual(
    ["Organisation", "Person", "IfNoneMatch"].map((name) => ({ $ref: `#/components/parameters/${name}` })),
  )
  expect(own.operation.responses[304].headers).toHaveProperty("ETag")

  const { operation: inPerson } = described(router().get("/mine", memberInPerson, handler), { "GET /mine": empty })
  expect(inPerson.security).toEqual([{ cookie: [] }, { token: [] }])
  expect(inPerson.parameters).toEqual([{ $ref: "#/components/parameters/Organisation" }])

  const { operation: ofServers } = described(router().get("/all", serverOnly, handler), { "GET /all": empty })
  expect(ofServers.security).toEqual([{ serviceKey: [] }])

  const hook = router().post("/hook", webhookKey("X-Key", "PREFECT_NOTIFICATIONS_WEBHOOK_KEY"), handler)
  const { document, operation } = described(hook, { "POST /hook": { ...empty, body: z.looseObject({}) } })
  expect(operation.security).toEqual([{ "X-Key": [] }])
  expect(document.components.securitySchemes).toHaveProperty("X-Key", expect.objectContaining({ in: "header" }))
  expect(operation.requestBody.content).toHaveProperty("application/json")

  expect(described(router().get("/open", handler), { "GET /open": empty }).operation.security).toEqual([])
})

it("describes all fields of a response as required, except optional ones, and allows no others", () => {
  const Answer = z.object({ id: z.int(), name: z.optional(z.string()) })
  const { operation } = described(router().get("/thing", handler), { "GET /thing": { ...empty, response: Answer } })
  expect(operation.responses[200].content["application/json"].schema).toEqual({
    type: "object",
    properties: { id: { type: "integer" }, name: { type: "string" } },
    required: ["id"],
    additionalProperties: false,
  })
})

it("describes a text response as HTML, and a void response as a WebSocket", () => {
  const page = described(router().get("/page", handler), { "GET /page": { ...empty, response: z.string() } })
  expect(Object.keys(page.operation.responses[200].content)).toEqual(["text/html"])
  const socket = described(router().get("/socket", handler), { "GET /socket": { ...empty, response: z.void() } })
  expect(socket.statuses).toEqual(["101", "500"])
})

it("has one component per schema name", () => {
  const Part = withSchemaName("PartOfATest", z.object({ id: z.int() }))
  const response = z.object({ one: Part, many: z.array(Part) })
  const routes = router().get("/parts", handler).get("/part", handler)
  const { document } = described(routes, {
    "GET /parts": { ...empty, response },
    "GET /part": { ...empty, response: Part },
  })
  const pointer = { $ref: "#/components/schemas/PartOfATest" }
  expect(document.paths).toMatchObject({
    "/part": { get: { responses: { 200: { content: { "application/json": { schema: pointer } } } } } },
  })
  expect(document.components.schemas).toHaveProperty("PartOfATest")

  const Other = withSchemaName("PartOfATest", z.object({ slug: z.string() }))
  const both = { "GET /parts": { ...empty, response }, "GET /part": { ...empty, response: Other } }
  expect(() => described(routes, both)).toThrow("two schemas are named PartOfATest")
})

it("rejects metadata on middleware for many paths", () => {
  const routes = router()
    .use("/things/*", withMeta({ rateLimited: true }, handler))
    .get("/things", handler)
  expect(() => described(routes, { "GET /things": empty })).toThrow("/things/*")
})
