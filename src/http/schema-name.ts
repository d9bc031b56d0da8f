import * as z from "zod/mini"

/** Gives a schema a name in the description: it is there once, and others point at it. */
export function withSchemaName<T extends z.ZodMiniType>(name: string, schema: T): T {
  z.globalRegistry.add(schema, { id: name })
  return schema
}
