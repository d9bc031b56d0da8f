import type * as z from "zod/mini"
import type { Demand, Door } from "../http/demands"
import type { Described } from "./described"
import type { JsonSchema, jsonSchemas } from "./json-schema"
import { headerNamed, refusalsOf } from "./refusals"
import type { Registered } from "./registered"

type Schemas = ReturnType<typeof jsonSchemas>

/** What one route takes and answers. */
export function operationOf({ method, path, demand }: Registered, described: Described, tag: string, schemas: Schemas) {
  const { summary, description } = described
  const parameters = parametersOf(path, demand, described, schemas)
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

/** The router's `/orgs/:slug` as OpenAPI writes it: `/orgs/{slug}`. */
export const templateOf = (path: string) => path.replace(/:(\w+)(\{[^}]*\})?\??/g, "{$1}")

const ANYBODY_SIGNED_IN = [{ cookie: [] }, { token: [] }]
const SERVERS_TOO = [...ANYBODY_SIGNED_IN, { serviceKey: [] }]

const SECURITY: Record<Exclude<Door, "webhook key">, object[]> = {
  "signed in": SERVERS_TOO,
  "own inbox": ANYBODY_SIGNED_IN,
  admins: SERVERS_TOO,
  "own organisation": SERVERS_TOO,
  operators: SERVERS_TOO,
}

function securityOf({ door, keyHeader }: Demand): object[] {
  if (!door) return []
  return door === "webhook key" ? [{ [keyHeader ?? "key"]: [] }] : SECURITY[door]
}

const CHOOSES_ORGANISATION: (Door | undefined)[] = ["own inbox", "admins", "own organisation"]

function parametersOf(path: string, demand: Demand, described: Described, schemas: Schemas): object[] {
  const inPath = Array.from(templateOf(path).matchAll(/\{(\w+)\}/g), ([, name]) => name as string)
  const pathSchema = demand.path && fieldsOf(demand.path, described, schemas)
  const query = demand.query && fieldsOf(demand.query, described, schemas)
  const common = [
    ...(CHOOSES_ORGANISATION.includes(demand.door) ? ["Organisation"] : []),
    ...(demand.idempotent ? ["IdempotencyKey"] : []),
    ...(demand.conditional ? ["IfNoneMatch"] : []),
  ]
  const parameter = (where: "path" | "query", name: string, schema: JsonSchema = { type: "string" }) => {
    const { description, ...rest } = schema
    const text = described.example?.[where]?.[name]
    const example = text && rest.type === "integer" ? Number(text) : text
    return { name, in: where, ...(description && { description }), schema: rest, ...(example && { example }) }
  }
  return [
    ...inPath.map((name) => ({ ...parameter("path", name, pathSchema?.properties[name]), required: true })),
    ...Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
      ...parameter("query", name, schema),
      required: query?.required.includes(name) ?? false,
    })),
    ...common.map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ]
}

function bodyOf(demand: Demand, described: Described, schemas: Schemas) {
  const body = demand.body ?? described.body
  if (!body) return undefined
  const schema = schemas.convert(body, "input")
  putWords(schemas.resolve(schema), described)
  const example = described.example?.body
  return { required: true, content: { "application/json": { schema, ...(example !== undefined && { example }) } } }
}

function fieldsOf(schema: z.ZodMiniType, described: Described, schemas: Schemas) {
  const json = schemas.resolve(schemas.convert(schema, "input"))
  putWords(json, described)
  return { properties: (json.properties ?? {}) as Record<string, JsonSchema>, required: json.required ?? [] }
}

function putWords(schema: JsonSchema, { fields = {} }: Described): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields[name] && typeof property === "object") property.description = fields[name]
  }
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
