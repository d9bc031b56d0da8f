import { type Schema, schemaErrors } from "../support/openapi-document"

const MAX_TEXT_LENGTH = 60_000
const MAX_ITEMS = 30_000

/** A field of a request body: its path and its schema. */
export type Field = { at: string[]; schema: Schema }

/** All fields of an object at any depth. For a list, the fields of its first item. */
export function fieldsOf(schema: Schema, at: string[] = []): Field[] {
  return optionsOf(schema).flatMap(({ properties = {}, items, $defs }) => [
    ...(items ? fieldsOf({ ...items, $defs }, [...at, "0"]) : []),
    ...Object.entries<Schema>(properties).flatMap(([name, property]) => {
      const field = { at: [...at, name], schema: { ...property, $defs } }
      return [field, ...fieldsOf(field.schema, field.at)]
    }),
  ])
}

/** A copy with another value at one path. */
export function withValue(whole: unknown, [name, ...rest]: string[], value: unknown): unknown {
  if (name === undefined) return value
  if (Array.isArray(whole)) return whole.with(Number(name), withValue(whole[Number(name)], rest, value))
  const fields = (whole ?? {}) as Record<string, unknown>
  return { ...fields, [name]: withValue(fields[name], rest, value) }
}

/** The alternatives of a schema, with references resolved. */
export function optionsOf(schema: Schema): Schema[] {
  const { $defs } = schema
  if (schema.$ref) return optionsOf({ ...$defs?.[schema.$ref.replace("#/$defs/", "")], $defs })
  const types = Array.isArray(schema.type) ? schema.type.map((type: string) => ({ ...schema, type })) : undefined
  const options: Schema[] | undefined = schema.anyOf ?? schema.oneOf ?? types
  return options ? options.flatMap((option) => optionsOf({ ...option, $defs })) : [schema]
}

/** Whether there is a value that holds the field at this path. */
export function hasParent(whole: unknown, at: string[]): boolean {
  let parent = whole
  for (const name of at.slice(0, -1)) parent = (parent as Record<string, unknown> | undefined)?.[name]
  return parent !== undefined
}

/** Invalid values: of every other type, and one beyond each limit. */
export function invalidValues(schema: Schema): unknown[] {
  const others = [null, true, 0, -1, 1.5, 1e300, "", "surprise", [], [[]], {}, { $gt: "" }, "x".repeat(MAX_TEXT_LENGTH)]
  return [...others, ...optionsOf(schema).flatMap(beyond)].filter((value) => schemaErrors(schema, value).length > 0)
}

function beyond(schema: Schema): unknown[] {
  const { enum: words = [], minLength, maxLength, minItems, maxItems, additionalProperties, $defs } = schema
  return [
    ...words.flatMap((word: unknown) => (typeof word === "string" ? [`${word} `, word.toUpperCase()] : [])),
    ...(minLength ? ["x".repeat(minLength - 1), " ".repeat(minLength)] : []),
    ...(maxLength ? ["x".repeat(maxLength + 1)] : []),
    ...numbersBeyond(schema),
    ...(minItems ? [Array(minItems - 1).fill(itemOf(schema))] : []),
    ...(maxItems && maxItems < MAX_ITEMS ? [Array(maxItems + 1).fill(itemOf(schema))] : []),
    ...(schema.items ? invalidValues({ ...schema.items, $defs }).map((item) => [item]) : []),
    ...(additionalProperties === false ? [{ surprise: 1 }] : []),
  ]
}

const numbersBeyond = ({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): number[] =>
  [
    minimum === undefined ? undefined : minimum - 1,
    exclusiveMinimum,
    maximum === undefined ? undefined : maximum + 1,
    exclusiveMaximum,
  ].filter((number) => number !== undefined)

/** The smallest valid item of a list. */
function itemOf({ items = {}, $defs }: Schema): unknown {
  const [option = {}] = optionsOf({ ...items, $defs })
  if (option.enum) return option.enum[0]
  if (option.type === "integer") return Math.max(option.minimum ?? 1, (option.exclusiveMinimum ?? 0) + 1)
  return option.type === "string" ? "x".repeat(option.minLength ?? 1) : {}
}

/** Invalid texts for a path or query parameter. */
export function invalidTexts(schema: Schema): string[] {
  return optionsOf(schema).flatMap((option) => {
    const { type, enum: words, minLength, maxLength, format, items } = option
    // An empty text is an empty list.
    if (type === "array") return invalidTexts({ ...items, $defs: option.$defs }).filter(Boolean)
    if (type === "integer" || type === "number") {
      const exact = numbersBeyond(option).filter((number) => Math.abs(number) < 2 ** 53)
      return ["", " ", "abc", "1.5", "1e400", "NaN", "null", "true", "1,2", "0x", "\0", ...exact.map(String)]
    }
    if (words) return ["", "surprise", `${words[0]}x`, "null", "%"]
    if (format) return ["", "surprise", "0", "2026-02-30", "2026-13-01T00:00:00Z"]
    return [...(minLength ? [""] : []), ...(maxLength ? ["x".repeat(maxLength + 1)] : [])]
  })
}
