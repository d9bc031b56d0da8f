import type { RouteMeta, Access } from "../../src/http/route-meta"
import type { RouteDocs } from "../../src/http/route-docs"
import { applyFieldDocs } from "./fields"
import type { jsonSchemas } from "./json-schema"
import { parametersFor, pathTemplate } from "./parameters"
import { headerRef, errorResponsesOf } from "./error-responses"
import type { RegisteredRoute } from "./registered-routes"

type Schemas = ReturnType<typeof jsonSchemas>

/** The OpenAPI operation of one route. */
export function buildOperation(route: RegisteredRoute, docs: RouteDocs, tag: string, schemas: Schemas) {
  const { method, path, meta } = route
  const { summary, description } = docs
  const parameters = parametersFor(route, docs, schemas)
  const requestBody = requestBodyFor(meta, docs, schemas)
  return {
    operationId: operationId(method, path),
    summary,
    ...(description && { description }),
    tags: [tag],
    security: securityFor(meta),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { ...responsesFor(meta, docs, schemas), ...errorResponsesOf(route, docs) },
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

const PERSON = [{ cookie: [] }, { token: [] }]
const PERSON_OR_SERVER = [...PERSON, { serviceKey: [] }]

const SECURITY: Record<Exclude<Access, "webhook key">, object[]> = {
  "sns signature": [],
  "signed in": PERSON_OR_SERVER,
  member: PERSON_OR_SERVER,
  "member in person": PERSON,
  "any admin": PERSON_OR_SERVER,
  "org member": PERSON_OR_SERVER,
  "org admin": PERSON_OR_SERVER,
  "platform only": PERSON_OR_SERVER,
  "server only": [{ serviceKey: [] }],
}

function securityFor({ access, keyHeader }: RouteMeta): object[] {
  if (!access) return []
  return access === "webhook key" ? [{ [keyHeader ?? "key"]: [] }] : SECURITY[access]
}

function requestBodyFor(meta: RouteMeta, docs: RouteDocs, schemas: Schemas) {
  const body = meta.body ?? docs.body
  if (!body) return undefined
  const schema = schemas.convert(body, "input")
  applyFieldDocs(schemas.resolve(schema), docs)
  const example = docs.example?.body
  const content = { schema, ...(example !== undefined && { example }) }
  return { required: true, content: { "application/json": content, ...(meta.takesText && { "text/plain": content }) } }
}

function responsesFor(meta: RouteMeta, { response, contentType }: RouteDocs, { convert }: Schemas) {
  const headers = meta.conditional ? { ETag: headerRef("ETag") } : {}
  const zodType = response._zod.def.type
  if (zodType === "void") return { 101: { description: "The WebSocket is open." } }
  const mediaType = contentType ?? (zodType === "string" ? "text/html" : "application/json")
  return {
    200: { description: "Success.", headers, content: { [mediaType]: { schema: convert(response, "output") } } },
    ...(meta.conditional && { 304: { description: "Not modified.", headers } }),
  }
}
