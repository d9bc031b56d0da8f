import type { RouteDocs } from "../../src/http/route-docs"
import type { JsonSchema } from "./json-schema"

/** Puts what a room says of fields beside what their schemas say. */
export function applyFieldDocs(schema: JsonSchema, { fields = {} }: RouteDocs): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields[name] && typeof property === "object") property.description = fields[name]
  }
}
