import * as z from "zod/mini"
import type { DocsByRoute } from "../../src/http/route-docs"

export const serviceDocs: DocsByRoute = {
  "GET /api/openapi.json": {
    summary: "Get this description",
    response: z.looseObject({
      openapi: z.string(),
      info: z.looseObject({ title: z.string(), version: z.string() }),
      paths: z.record(z.string(), z.looseObject({})),
    }),
  },
  "GET /api/docs": {
    summary: "Get this description as an HTML page",
    response: z.string(),
  },
  "GET /api/docs/:file": {
    summary: "Get a file of that page",
    response: z.string(),
    contentType: "*/*",
    fields: { file: "the file name" },
    errors: { not_found: "The file does not exist." },
    example: { path: { file: "docs.js" } },
  },
}
