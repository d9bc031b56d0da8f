import * as fc from "fast-check"
import { optionsOf } from "../http/invalid-values"
import type { Schema } from "../support/openapi-document"

const MAX_TEXT_LENGTH = 300
const MAX_ITEMS = 8

/** Any value that fits a schema, often the example. */
export function fitting(schema: Schema, example?: unknown): fc.Arbitrary<unknown> {
  const any = fc.oneof(...optionsOf(schema).map((option) => fittingOption(option, example)))
  const isPart = example !== undefined && typeof example !== "object"
  return isPart ? fc.oneof(fc.constant(example), any) : any
}

function fittingOption(schema: Schema, example: unknown): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case "null":
      return fc.constant(null)
    case "boolean":
      return fc.boolean()
    case "integer":
      return wholeNumber(schema)
    case "number":
      return fc.double({ min: schema.minimum, max: schema.maximum, noNaN: true, noDefaultInfinity: true })
    case "string":
      return text(schema)
    case "array":
      return list(schema)
    case "object":
      return object(schema, example)
    default:
      return fc.jsonValue()
  }
}

function wholeNumber({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? (exclusiveMinimum === undefined ? Number.MIN_SAFE_INTEGER : exclusiveMinimum + 1)
  const max = maximum ?? (exclusiveMaximum === undefined ? Number.MAX_SAFE_INTEGER : exclusiveMaximum - 1)
  const small = fc.integer({ min, max: Math.min(max, min + 5) })
  return fc.oneof(
    small,
    fc.maxSafeInteger().filter((number) => number >= min && number <= max),
    fc.constant(max),
  )
}

function text({ format, pattern, minLength = 0, maxLength = MAX_TEXT_LENGTH }: Schema): fc.Arbitrary<string> {
  if (format) return formatted(format).filter((each) => each.length <= maxLength)
  if (pattern && pattern !== "\\S") return fc.stringMatching(new RegExp(pattern))
  const longest = Math.min(maxLength, MAX_TEXT_LENGTH)
  const written = fc.oneof(
    ...(["grapheme", "grapheme-ascii", "binary"] as const).map((unit) =>
      fc.string({ unit, minLength, maxLength: longest }),
    ),
    fc.constant("x".repeat(maxLength)),
  )
  // A schema counts code points where zod counts UTF-16.
  return written.filter((each) => each.length <= maxLength && (!pattern || /\S/.test(each)))
}

const year = (number: number) => new Date(Date.UTC(number, 0, 1))
const time = fc.date({ min: year(1900), max: year(9000), noInvalidDate: true }).map((date) => date.toISOString())

function formatted(format: string): fc.Arbitrary<string> {
  const arbitrary = FORMATS[format]
  if (!arbitrary) throw new Error(`no arbitrary for the format ${format}`)
  return arbitrary
}

const FORMATS: Record<string, fc.Arbitrary<string>> = {
  "date-time": time,
  date: time.map((each) => each.slice(0, 10)),
  email: fc.stringMatching(/^[a-z0-9_]{1,64}@[a-z0-9]{1,60}\.(test|example\.org)$/),
  uri: fc.webUrl(),
  uuid: fc.uuid(),
}

function list({ items = {}, minItems = 0, maxItems = MAX_ITEMS, $defs }: Schema): fc.Arbitrary<unknown[]> {
  return fc.array(fitting({ ...items, $defs }), { minLength: minItems, maxLength: Math.min(maxItems, MAX_ITEMS) })
}

function object(schema: Schema, example: unknown): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties, $defs } = schema
  const examples = (example ?? {}) as Record<string, unknown>
  const parts = Object.entries<Schema>(properties).map(([name, each]) => [
    name,
    fitting({ ...each, $defs }, examples[name]),
  ])
  const known = fc.record(Object.fromEntries(parts), { requiredKeys: required, noNullPrototype: true })
  if (typeof additionalProperties !== "object") return known
  const others = fc.dictionary(fc.string({ minLength: 1 }), fitting({ ...additionalProperties, $defs }), { maxKeys: 4 })
  return fc.tuple(others, known).map(([more, named]) => ({ ...more, ...named }))
}

/** The value with one part changed at any depth, or another value. */
export const changed = (value: unknown): fc.Arbitrary<unknown> => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown[]>(null, -1, 1.5, 1e300, "", [], {}, "x".repeat(2_000)),
  )
  if (typeof value !== "object" || value === null) return anything
  const entries = Object.entries(value)
  const withEntry = (name: string, part: unknown) =>
    Array.isArray(value) ? value.with(Number(name), part) : { ...value, [name]: part }
  return fc.oneof(
    anything,
    fc.tuple(fc.string(), anything).map(([name, part]) => ({ ...value, [name]: part })),
    ...entries.map(([name]) => fc.constant(Object.fromEntries(entries.filter(([other]) => other !== name)))),
    ...entries.map(([name, part]) => changed(part).map((other) => withEntry(name, other))),
  )
}
