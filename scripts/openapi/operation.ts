import type { Demand, Door } from "../../src/http/route-meta"
import type { Described } from "../../src/http/route-docs"
import { putWords } from "./fields"
import type { jsonSchemas } from "./json-schema"
import { parametersOf, templateOf } from "./parameters"
import { headerNamed, refusalsOf } from "./error-responses"
import type { Registered } from "./registered-routes"

type Schemas = ReturnType<typeof jsonSchemas>

/** What one route takes and answers. */
export function operationOf(route: Registered, described: Described, tag: string, schemas: Schemas) {
  const { method, path, demand } = route
  const { summary, description } = described
  const parameters = parametersOf(route, described, schemas)
  const requestBody = bodyOf(demand, described, schemas)
  return {
    operationId: operationIdOf(method, path),
    summary,
    ...(description && { description }),
    tags: [tag],
    security: securityOf(demand),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { ...answersOf(demand, described, schemas), ...refusalsOf(demand, described) },
  }
}

/** `PUT /api/orgs/:slug/members` is `putOrgsBySlugMembers`. */
function operationIdOf(method: string, path: string): string {
  const words = templateOf(path)
    .replaceAll("{", "by-")
    .split(/[^a-zA-Z0-9]+/)
    .filter((word) => word && word !== "api")
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")
}

const ANYBODY_SIGNED_IN = [{ cookie: [] }, { token: [] }]
const SERVERS_TOO = [...ANYBODY_SIGNED_IN, { serviceKey: [] }]

const SECURITY: Record<Exclude<Door, "webhook key">, object[]> = {
  "signed by Amazon": [],
  "signed in": SERVERS_TOO,
  "own inbox": ANYBODY_SIGNED_IN,
  admins: SERVERS_TOO,
  organisation: SERVERS_TOO,
  "own organisation": SERVERS_TOO,
  operators: SERVERS_TOO,
}

function securityOf({ door, keyHeader }: Demand): object[] {
  if (!door) return []
  return door === "webhook key" ? [{ [keyHeader ?? "key"]: [] }] : SECURITY[door]
}

function bodyOf(demand: Demand, described: Described, schemas: Schemas) {
  const body = demand.body ?? described.body
  if (!body) return undefined
  const schema = schemas.convert(body, "input")
  putWords(schemas.resolve(schema), described)
  const example = described.example?.body
  return { required: true, content: { "application/json": { schema, ...(example !== undefined && { example }) } } }
}

function answersOf(demand: Demand, { answer, contentType }: Described, { convert }: Schemas) {
  const headers = demand.conditional ? { ETag: headerNamed("ETag") } : {}
  const kind = answer._zod.def.type
  if (kind === "void") return { 101: { description: "The socket is open." } }
  const type = contentType ?? (kind === "string" ? "text/html" : "application/json")
  return {
    200: { description: "As asked.", headers, content: { [type]: { schema: convert(answer, "output") } } },
    ...(demand.conditional && { 304: { description: "What you have is current.", headers } }),
  }
}
