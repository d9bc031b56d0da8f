import * as z from "zod/mini"
import type { DocsByRoute } from "../../src/http/route-docs"

export const serviceDocs: DocsByRoute = {
  "GET /healthz": {
    summary: "Whether the service and its database answer",
    response: z.object({ status: z.literal("ok") }),
  },
  "GET /api/openapi.json": {
    summary: "This description",
    response: z.looseObject({
      openapi: z.string(),
      info: z.looseObject({ title: z.string(), version: z.string() }),
      paths: z.record(z.string(), z.looseObject({})),
    }),
  },
  "GET /api/docs": {
    summary: "This description as a page",
    response: z.string(),
  },
  "GET /api/docs/:file": {
    summary: "A file of that page",
    response: z.string(),
    contentType: "*/*",
    fields: { file: "its name" },
    errors: { not_found: "There is no such file." },
    example: { path: { file: "docs.js" } },
  },
}
