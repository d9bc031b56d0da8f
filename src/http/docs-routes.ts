import type { Context } from "hono"
import { notFound } from "../runtime/errors"
import { withMeta } from "./route-meta"
import { type AppEnv, router } from "./router"

/** Serves a built file. For a missing file, `ASSETS` answers with the HTML of the inbox page, which becomes a 404 here. */
async function serveAsset(c: Context<AppEnv>, path: string, { isPage = false } = {}): Promise<Response> {
  const ifNoneMatch = c.req.header("if-none-match")
  const headers = ifNoneMatch ? { "if-none-match": ifNoneMatch } : {}
  const response = await c.env.ASSETS.fetch(new URL(path, c.req.url), { headers, redirect: "manual" })
  const isFallback = !isPage && response.headers.get("content-type")?.startsWith("text/html")
  if (isFallback || (!response.ok && response.status !== 304)) throw notFound("file")
  return response
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
