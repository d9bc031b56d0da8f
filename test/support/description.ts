import { Validator } from "@cfworker/json-schema"
import { app } from "../../src/app"
import type { RouteDocs } from "../../src/http/route-docs"
import { description } from "../../scripts/openapi/description"
import { pathTemplate } from "../../scripts/openapi/parameters"
import { registeredRoutes } from "../../scripts/openapi/registered-routes"
import { TAGS } from "../../scripts/openapi/tags"

/** JSON Schema, as it is read off the document. */
export type Schema = Record<string, any>

/** The description that the build writes. */
export const DOCUMENT = description({ version: "0.0.0" })

/** Every route of the worker, as it is registered. */
export const REGISTERED = registeredRoutes(app.routes)

/** What the rooms say of a route. */
export function describedAs(route: string): RouteDocs {
  const found = TAGS.map(({ routes }) => routes[route]).find(Boolean)
  if (!found) throw new Error(`${route} has no description: its room's answers.ts says it`)
  return found
}

/** The description of a route as a client reads it: with every pointer to a parameter or an answer followed. */
export function operationOf(route: string) {
  const { method, path } = REGISTERED.find(({ name }) => name === route) ?? {}
  const operation: any = DOCUMENT.paths[pathTemplate(path ?? "")]?.[(method ?? "").toLowerCase()]
  if (!operation) throw new Error(`${route} is not in the description`)
  const parameters: Parameter[] = (operation.parameters ?? [])
    .map(followed)
    .map((parameter: Parameter) => ({ ...parameter, schema: standalone(parameter.schema) }))
  const schema: Schema | undefined = operation.requestBody?.content["application/json"].schema
  return {
    parameters,
    body: schema && standalone(schema),
    answers: Object.fromEntries(
      Object.entries(operation.responses).map(([status, response]) => [status, followed(response)]),
    ) as Record<string, { description: string; content?: Record<string, { schema: Schema }> }>,
  }
}
export type Parameter = { name: string; in: "path" | "query" | "header"; required?: boolean; schema: Schema }

function followed({ $ref, ...beside }: any) {
  if (!$ref) return beside
  const target = $ref.split("/").slice(1)
  return { ...target.reduce((part: any, name: string) => part[name], DOCUMENT), ...beside }
}

/** A schema of the document that can be used without it. */
export function standalone(schema: Schema): Schema {
  const inside = (part: unknown) => JSON.parse(JSON.stringify(part).replaceAll("#/components/schemas/", "#/$defs/"))
  return { ...inside(schema), $defs: inside(DOCUMENT.components.schemas) }
}

/** Why this is not what the schema says; nothing if it is. */
export function misfits(schema: Schema, value: unknown): string[] {
  const { errors } = new Validator(schema, "2020-12", false).validate(value)
  return errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)
}

/** Why this answer is not one that the description knows of this route; nothing if it is. */
export async function surprises(route: string, answer: Response): Promise<string[]> {
  const said = operationOf(route).answers[answer.status]
  if (!said) return [`${answer.status} is not described`]
  const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(said.content ?? {})
  const text = await answer.clone().text()
  if (!said.content) return text === "" ? [] : ["a body that is not described"]
  const isType = type === "*/*" || answer.headers.get("content-type")?.split(";")[0] === type
  if (!isType) return [`${answer.headers.get("content-type")} where ${type} is described`]
  const body = type === "application/json" ? JSON.parse(text) : text
  if (answer.status === 400 && !said.description.includes(`- ${body.detail}`)) return [`${body.detail}, as a 400`]
  return misfits(standalone(schema), body)
}
