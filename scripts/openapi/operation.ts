import type { RouteMeta, Access } from "../../src/http/route-meta"
import type { RouteDocs } from "../../src/http/route-docs"
import { applyFieldDocs } from "./fields"
import type { jsonSchemas } from "./json-schema"
import { parametersFor, pathTemplate } from "./parameters"
import { headerRef, errorResponsesOf } from "./error-responses"
import type { RegisteredRoute } from "./registered-routes"

type Schemas = ReturnType<typeof jsonSchemas>

/** What one route takes and answers. */
export function buildOperation(route: RegisteredRoute, described: RouteDocs, tag: string, schemas: Schemas) {
  const { method, path, demand } = route
  const { summary, description } = described
  const parameters = parametersFor(route, described, schemas)
  const requestBody = requestBodyFor(demand, described, schemas)
  return {
    operationId: operationId(method, path),
    summary,
    ...(description && { description }),
    tags: [tag],
    security: securityFor(demand),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { ...responsesFor(demand, described, schemas), ...errorResponsesOf(demand, described) },
  }
}

/** `PUT /api/orgs/:slug/members` is `putOrgsBySlugMembers`. */
function operationId(method: string, path: string): string {
  const words = pathTemplate(path)
    .replaceAll("{", "by-")
    .split(/[^a-zA-Z0-9]+/)
    .filter((word) => word && word !== "api")
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")
}

const ANYBODY_SIGNED_IN = [{ cookie: [] }, { token: [] }]
const SERVERS_TOO = [...ANYBODY_SIGNED_IN, { serviceKey: [] }]

const SECURITY: Record<Exclude<Access, "webhook key">, object[]> = {
  "sns signature": [],
  "signed in": SERVERS_TOO,
  member: ANYBODY_SIGNED_IN,
  "any admin": SERVERS_TOO,
  "org member": SERVERS_TOO,
  "org admin": SERVERS_TOO,
  "platform only": SERVERS_TOO,
}

function securityFor({ access: door, keyHeader }: RouteMeta): object[] {
  if (!door) return []
  return door === "webhook key" ? [{ [keyHeader ?? "key"]: [] }] : SECURITY[door]
}

function requestBodyFor(demand: RouteMeta, described: RouteDocs, schemas: Schemas) {
  const body = demand.body ?? described.body
  if (!body) return undefined
  const schema = schemas.convert(body, "input")
  applyFieldDocs(schemas.resolve(schema), described)
  const example = described.example?.body
  return { required: true, content: { "application/json": { schema, ...(example !== undefined && { example }) } } }
}

function responsesFor(demand: RouteMeta, { response: answer, contentType }: RouteDocs, { convert }: Schemas) {
  const headers = demand.conditional ? { ETag: headerRef("ETag") } : {}
  const kind = answer._zod.def.type
  if (kind === "void") return { 101: { description: "The socket is open." } }
  const type = contentType ?? (kind === "string" ? "text/html" : "application/json")
  return {
    200: { description: "As asked.", headers, content: { [type]: { schema: convert(answer, "output") } } },
    ...(demand.conditional && { 304: { description: "What you have is current.", headers } }),
  }
}
