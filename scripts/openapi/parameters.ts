import type * as z from "zod/mini"
import type { RouteMeta, Access } from "../../src/http/route-meta"
import type { RouteDocs } from "../../src/http/route-docs"
import { applyFieldDocs } from "./fields"
import type { JsonSchema, jsonSchemas } from "./json-schema"
import type { RegisteredRoute } from "./registered-routes"

type Schemas = ReturnType<typeof jsonSchemas>

/** The router's `/orgs/:slug` as OpenAPI writes it: `/orgs/{slug}`. */
export const pathTemplate = (path: string) => path.replace(/:(\w+)(\{[^}]*\})?\??/g, "{$1}")

/** What one says in the path, the query and the headers. */
export function parametersFor({ path, demand }: RegisteredRoute, described: RouteDocs, schemas: Schemas): object[] {
  const { properties: parts } = fieldsOf(demand.path, described, schemas)
  const { properties: query, required } = fieldsOf(demand.query, described, schemas)
  const names = Array.from(pathTemplate(path).matchAll(/\{(\w+)\}/g), ([, name]) => name as string)
  return [
    ...names.map((name) => parameter(described, { in: "path", name, required: true, schema: parts[name] })),
    ...Object.entries(query).map(([name, schema]) =>
      parameter(described, { in: "query", name, required: required.includes(name), schema }),
    ),
    ...headersOf(demand).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ]
}

type Parameter = { in: "path" | "query"; name: string; required: boolean; schema: JsonSchema | undefined }

function parameter(described: RouteDocs, { schema = { type: "string" }, ...where }: Parameter): object {
  const { description, ...rest } = schema
  const example = typedExample(described.example?.[where.in]?.[where.name], rest)
  return { ...where, ...(description && { description }), schema: rest, ...(example !== undefined && { example }) }
}

/** What is written in a path or a query as what it means. */
function typedExample(text: string | undefined, { type }: JsonSchema): unknown {
  if (type === "array") return text?.split(",")
  return text && type === "integer" ? Number(text) : text
}

function fieldsOf(schema: z.ZodMiniType | undefined, described: RouteDocs, schemas: Schemas) {
  const json = schema ? schemas.resolve(schemas.convert(schema, "input")) : {}
  applyFieldDocs(json, described)
  return { properties: (json.properties ?? {}) as Record<string, JsonSchema>, required: json.required ?? [] }
}

const ACCESS_WITH_ORG: (Access | undefined)[] = ["member", "any admin", "org member", "org admin"]

const headersOf = ({ access: door, idempotent, conditional }: RouteMeta) => [
  ...(ACCESS_WITH_ORG.includes(door) ? ["Organisation"] : []),
  ...(idempotent ? ["IdempotencyKey"] : []),
  ...(conditional ? ["IfNoneMatch"] : []),
]
