import * as z from "zod/mini"
import type { DescribedRoutes } from "../../src/http/route-docs"

export const serviceAnswers: DescribedRoutes = {
  "GET /healthz": {
    summary: "Whether the service and its database answer",
    answer: z.object({ status: z.literal("ok") }),
  },
  "GET /api/openapi.json": {
    summary: "This description",
    answer: z.looseObject({
      openapi: z.string(),
      info: z.looseObject({ title: z.string(), version: z.string() }),
      paths: z.record(z.string(), z.looseObject({})),
    }),
  },
  "GET /api/docs": {
    summary: "This description as a page",
    answer: z.string(),
  },
  "GET /api/docs/:file": {
    summary: "A file of that page",
    answer: z.string(),
    contentType: "*/*",
    fields: { file: "its name" },
    refuses: { not_found: "There is no such file." },
    example: { path: { file: "docs.js" } },
  },
}
