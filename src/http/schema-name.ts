import * as z from "zod/mini"

/** Makes a schema a named component of the API description, which other schemas reference. */
export function withSchemaName<T extends z.ZodMiniType>(name: string, schema: T): T {
  z.globalRegistry.add(schema, { id: name })
  return schema
}
