import type { Context } from "hono"
import { notFound } from "../runtime/errors"
import { demanding } from "./route-meta"
import { type App, router } from "./router"

/** What the build has put among the assets. Where there is no such file, the assets answer with the inbox's page. */
async function built(c: Context<App>, path: string, { isPage = false } = {}): Promise<Response> {
  const ifNoneMatch = c.req.header("if-none-match")
  const headers = ifNoneMatch ? { "if-none-match": ifNoneMatch } : {}
  const answer = await c.env.ASSETS.fetch(new URL(path, c.req.url), { headers, redirect: "manual" })
  const isOther = !isPage && answer.headers.get("content-type")?.startsWith("text/html")
  if (isOther || (!answer.ok && answer.status !== 304)) throw notFound("file")
  return answer
}

const conditionally = { conditional: true }

export const openapiRoutes = router()
  .get(
    "/openapi.json",
    demanding(conditionally, (c: Context<App>) => built(c, "/api/openapi.json")),
  )
  .get(
    "/docs",
    demanding(conditionally, (c: Context<App>) => built(c, "/api/docs/", { isPage: true })),
  )
  .get("/docs/:file", (c) => built(c, `/api/docs/${encodeURIComponent(c.req.param("file"))}`))
