import { Validator } from "@cfworker/json-schema"
import { app } from "../../src/app"
import type { RouteDocs } from "../../src/http/route-docs"
import { description } from "../../scripts/openapi/description"
import { pathTemplate } from "../../scripts/openapi/parameters"
import { registeredRoutes } from "../../scripts/openapi/registered-routes"
import { TAGS } from "../../scripts/openapi/tags"

/** A JSON Schema in the document. */
export type Schema = Record<string, any>

/** The OpenAPI document that the build writes. */
export const DOCUMENT = description({ version: "0.0.0" })

/** All routes of the worker. */
export const REGISTERED_ROUTES = registeredRoutes(app.routes)

/** The docs of a route, as its room declares them. */
export function routeDocsOf(route: string): RouteDocs {
  const found = TAGS.map(({ routes }) => routes[route]).find(Boolean)
  if (!found) throw new Error(`${route} has no description in its room's docs.ts`)
  return found
}

/** The operation of a route, with all references to parameters and responses resolved. */
export function operationOf(route: string) {
  const { method, path } = REGISTERED_ROUTES.find(({ name }) => name === route) ?? {}
  const operation: any = DOCUMENT.paths[pathTemplate(path ?? "")]?.[(method ?? "").toLowerCase()]
  if (!operation) throw new Error(`${route} is not in the description`)
  const parameters: Parameter[] = (operation.parameters ?? [])
    .map(resolved)
    .map((parameter: Parameter) => ({ ...parameter, schema: standaloneSchema(parameter.schema) }))
  const schema: Schema | undefined = operation.requestBody?.content["application/json"].schema
  return {
    parameters,
    body: schema && standaloneSchema(schema),
    answers: Object.fromEntries(
      Object.entries(operation.responses).map(([status, response]) => [status, resolved(response)]),
    ) as Record<string, { description: string; content?: Record<string, { schema: Schema }> }>,
  }
}
export type Parameter = { name: string; in: "path" | "query" | "header"; required?: boolean; schema: Schema }

function resolved({ $ref, ...rest }: any) {
  if (!$ref) return rest
  const target = $ref.split("/").slice(1)
  return { ...target.reduce((part: any, name: string) => part[name], DOCUMENT), ...rest }
}

/** The schema with the components that it refers to, for use without the document. */
export function standaloneSchema(schema: Schema): Schema {
  const inside = (part: unknown) => JSON.parse(JSON.stringify(part).replaceAll("#/components/schemas/", "#/$defs/"))
  return { ...inside(schema), $defs: inside(DOCUMENT.components.schemas) }
}

/** Validation errors of this value; empty if it fits the schema. */
export function schemaErrors(schema: Schema, value: unknown): string[] {
  const { errors } = new Validator(schema, "2020-12", false).validate(value)
  return errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)
}

/** Differences between this response and the described ones; empty if there are none. */
export async function responseErrors(route: string, answer: Response): Promise<string[]> {
  const described = operationOf(route).answers[answer.status]
  if (!described) return [`${answer.status} is not described`]
  const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(described.content ?? {})
  const text = await answer.clone().text()
  if (!described.content) return text === "" ? [] : ["a body that is not described"]
  const isType = type === "*/*" || answer.headers.get("content-type")?.split(";")[0] === type
  if (!isType) return [`${answer.headers.get("content-type")} where ${type} is described`]
  const body = type === "application/json" ? JSON.parse(text) : text
  if (answer.status === 400 && !described.description.includes(`- ${body.detail}`)) return [`${body.detail}, as a 400`]
  return schemaErrors(standaloneSchema(schema), body)
}
