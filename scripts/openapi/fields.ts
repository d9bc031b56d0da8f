import type { Described } from "../../src/http/route-docs"
import type { JsonSchema } from "./json-schema"

/** Puts what a room says of fields beside what their schemas say. */
export function putWords(schema: JsonSchema, { fields = {} }: Described): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields[name] && typeof property === "object") property.description = fields[name]
  }
}
