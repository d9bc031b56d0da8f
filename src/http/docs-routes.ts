import type { Context } from "hono"
import { notFound } from "../runtime/errors"
import { withMeta } from "./route-meta"
import { type AppEnv, router } from "./router"

/** What the build has put among the assets. Where there is no such file, the assets answer with the inbox's page. */
async function serveAsset(c: Context<AppEnv>, path: string, { isPage = false } = {}): Promise<Response> {
  const ifNoneMatch = c.req.header("if-none-match")
  const headers = ifNoneMatch ? { "if-none-match": ifNoneMatch } : {}
  const answer = await c.env.ASSETS.fetch(new URL(path, c.req.url), { headers, redirect: "manual" })
  const isOther = !isPage && answer.headers.get("content-type")?.startsWith("text/html")
  if (isOther || (!answer.ok && answer.status !== 304)) throw notFound("file")
  return answer
}

const CONDITIONAL = { conditional: true }

export const docsRoutes = router()
  .get(
    "/openapi.json",
    withMeta(CONDITIONAL, (c: Context<AppEnv>) => serveAsset(c, "/api/openapi.json")),
  )
  .get(
    "/docs",
    withMeta(CONDITIONAL, (c: Context<AppEnv>) => serveAsset(c, "/api/docs/", { isPage: true })),
  )
  .get("/docs/:file", (c) => serveAsset(c, `/api/docs/${encodeURIComponent(c.req.param("file"))}`))
