import * as z from "zod/mini"

export type JsonSchema = z.core.JSONSchema.JSONSchema

type Direction = "input" | "output"

/**
 * Turns schemas of zod into JSON Schema as OpenAPI 3.1 has it, and gathers in `components` those that have a name.
 * An input is what one may send, before it is read; an output has all its fields, and no others.
 */
export function jsonSchemas() {
  const components: Record<string, JsonSchema> = {}

  const known = new Map<string, string>()

  const keep = (name: string, schema: JsonSchema) => {
    const text = JSON.stringify(schema)
    if (known.has(name) && known.get(name) !== text) throw new Error(`two schemas are named ${name}`)
    if (!known.has(name)) components[name] = schema
    known.set(name, text)
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
    for (const [name, named] of Object.entries($defs ?? {})) keep(name, withComponentRefs(named))
    return withComponentRefs(json)
  }

  /** Follows the pointer to a component. */
  const resolve = (schema: JsonSchema): JsonSchema =>
    schema.$ref ? (components[schema.$ref.slice(COMPONENTS.length)] ?? schema) : schema

  return { components, convert, resolve }
}

const COMPONENTS = "#/components/schemas/"

const withComponentRefs = (schema: JsonSchema): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', `"$ref":"${COMPONENTS}`))

/** Says what zod cannot, and leaves out what tells a reader nothing. */
function adjustSchema(schema: z.core.$ZodTypes, json: JsonSchema, direction: Direction): void {
  const format = formatOf(schema)
  if (format) {
    // Who has read the name of the format needs no pattern of five lines. We also take times without an offset.
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

/** Whether blanks at the ends do not count, so that a text of blanks is empty. */
const isTrimmed = (schema: z.core.$ZodTypes) =>
  (schema._zod.def.checks ?? []).some(({ _zod: { def } }) => "tx" in def && (def as Overwrite).tx(" ") === "")

/** A check that replaces the value; zod's types do not tell it from others. */
type Overwrite = { tx: (value: unknown) => unknown }
