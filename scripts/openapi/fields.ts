import type { RouteDocs } from "../../src/http/route-docs"
import type { JsonSchema } from "./json-schema"

/** Adds the descriptions of `docs.ts` to the properties of a schema. */
export function applyFieldDocs(schema: JsonSchema, { fields = {} }: RouteDocs): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields[name] && typeof property === "object") property.description = fields[name]
  }
}
