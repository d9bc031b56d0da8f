import * as z from "zod/mini"

export type JsonSchema = z.core.JSONSchema.JSONSchema

type Direction = "input" | "output"

/**
 * Converts zod schemas to the JSON Schema of OpenAPI 3.1. Named schemas are collected in `components`. An input schema
 * describes a request before it is parsed; in an output schema, all fields without `optional` are required.
 */
export function jsonSchemas() {
  const components: Record<string, JsonSchema> = {}

  const jsonByName = new Map<string, string>()

  const addComponent = (name: string, schema: JsonSchema) => {
    const text = JSON.stringify(schema)
    if (jsonByName.has(name) && jsonByName.get(name) !== text) throw new Error(`two schemas are named ${name}`)
    if (!jsonByName.has(name)) components[name] = schema
    jsonByName.set(name, text)
  }

  const convert = (schema: z.ZodMiniType, direction: Direction): JsonSchema => {
    const {
      $schema: _,
      $defs,
      ...json
    } = z.toJSONSchema(schema, {
      target: "draft-2020-12",
      io: direction,
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => adjustSchema(zodSchema, jsonSchema, direction),
    })
    for (const [name, named] of Object.entries($defs ?? {})) addComponent(name, withComponentRefs(named))
    return withComponentRefs(json)
  }

  /** Follows a reference to a component. */
  const resolve = (schema: JsonSchema): JsonSchema =>
    schema.$ref ? (components[schema.$ref.slice(COMPONENTS.length)] ?? schema) : schema

  return { components, convert, resolve }
}

const COMPONENTS = "#/components/schemas/"

const withComponentRefs = (schema: JsonSchema): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', `"$ref":"${COMPONENTS}`))

/** Adds what zod does not convert, and removes noise. */
function adjustSchema(schema: z.core.$ZodTypes, json: JsonSchema, direction: Direction): void {
  const format = formatOf(schema)
  if (format) {
    // The name of the format replaces a pattern of five lines, which would also exclude times without an offset.
    json.format = format
    delete json.pattern
  }
  if (direction === "input" && json.type === "string" && json.minLength && isTrimmed(schema)) json.pattern = "\\S"
  if (direction === "output" && json.type === "integer") {
    if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum
    if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum
  }
}

const FORMATS: Record<string, string> = {
  datetime: "date-time",
  date: "date",
  email: "email",
  uuid: "uuid",
  guid: "uuid",
}

const formatOf = ({ _zod: { def } }: z.core.$ZodTypes) =>
  "format" in def && typeof def.format === "string" ? FORMATS[def.format] : undefined

/** Whether a schema trims its text, so that blanks alone count as empty. */
const isTrimmed = (schema: z.core.$ZodTypes) =>
  (schema._zod.def.checks ?? []).some(({ _zod: { def } }) => "tx" in def && (def as Overwrite).tx(" ") === "")

/** A check that replaces the value. zod's types do not distinguish it. */
type Overwrite = { tx: (value: unknown) => unknown }
