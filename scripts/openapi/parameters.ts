import type * as z from "zod/mini"
import type { RouteMeta, Access } from "../../src/http/route-meta"
import type { RouteDocs } from "../../src/http/route-docs"
import { applyFieldDocs } from "./fields"
import type { JsonSchema, jsonSchemas } from "./json-schema"
import type { RegisteredRoute } from "./registered-routes"

type Schemas = ReturnType<typeof jsonSchemas>

/** Converts the router's `/orgs/:slug` to `/orgs/{slug}`. */
export const pathTemplate = (path: string) => path.replace(/:(\w+)(\{[^}]*\})?\??/g, "{$1}")

/** The path, query and header parameters of a route. */
export function parametersFor({ path, meta }: RegisteredRoute, docs: RouteDocs, schemas: Schemas): object[] {
  const { properties: pathSchemas } = fieldsOf(meta.path, docs, schemas)
  const { properties: query, required } = fieldsOf(meta.query, docs, schemas)
  const names = Array.from(pathTemplate(path).matchAll(/\{(\w+)\}/g), ([, name]) => name as string)
  return [
    ...names.map((name) => parameter(docs, { in: "path", name, required: true, schema: pathSchemas[name] })),
    ...Object.entries(query).map(([name, schema]) =>
      parameter(docs, { in: "query", name, required: required.includes(name), schema }),
    ),
    ...headersOf(meta).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ]
}

type Parameter = { in: "path" | "query"; name: string; required: boolean; schema: JsonSchema | undefined }

function parameter(docs: RouteDocs, { schema = { type: "string" }, ...where }: Parameter): object {
  const { description, ...rest } = schema
  const example = typedExample(docs.example?.[where.in]?.[where.name], rest)
  return { ...where, ...(description && { description }), schema: rest, ...(example !== undefined && { example }) }
}

/** Converts the text of a path or query to the type of its parameter. */
function typedExample(text: string | undefined, { type }: JsonSchema): unknown {
  if (type === "array") return text?.split(",")
  return text && type === "integer" ? Number(text) : text
}

function fieldsOf(schema: z.ZodMiniType | undefined, docs: RouteDocs, schemas: Schemas) {
  const json = schema ? schemas.resolve(schemas.convert(schema, "input")) : {}
  applyFieldDocs(json, docs)
  return { properties: (json.properties ?? {}) as Record<string, JsonSchema>, required: json.required ?? [] }
}

const ACCESS_WITH_ORG: (Access | undefined)[] = ["member", "member in person", "any admin", "org member", "org admin"]

const headersOf = ({ access, idempotent, conditional }: RouteMeta) => [
  ...(ACCESS_WITH_ORG.includes(access) ? ["Organisation"] : []),
  ...(access === "member" ? ["Person"] : []),
  ...(idempotent ? ["IdempotencyKey"] : []),
  ...(conditional ? ["IfNoneMatch"] : []),
]
