import { createMiddleware } from "hono/factory"
import * as z from "zod/mini"
import { AppError, MisconfiguredError } from "../../runtime/errors"
import { query, rawBody } from "../../http/validate"
import { type AppEnv, router } from "../../http/router"
import { unsubscribe, verifyLink } from "./unsubscribe"
import { confirmPage, donePage, invalidLinkPage, unavailablePage } from "./pages"

const Link = z.object({ token: z.string().check(z.minLength(1), z.maxLength(1_000)) })

/** A browser gets a page for an incomplete link, or while links cannot be read. Programs get the usual JSON error. */
const errorPage = createMiddleware<AppEnv>(async (c, next) => {
  await next()
  if (!c.req.header("accept")?.includes("text/html")) return
  const { FRONTEND_URL } = c.var.deps.config
  const isBadLink = c.error instanceof AppError && ["not_found", "invalid"].includes(c.error.code)
  if (isBadLink) c.res = await c.html(invalidLinkPage(FRONTEND_URL), 404)
  if (c.error instanceof MisconfiguredError) c.res = await c.html(unavailablePage(FRONTEND_URL), 503)
})

/**
 * The unsubscribe link of every e-mail. Mail clients POST to it. A person gets a page with a button, since malware
 * scanners open links too and must not unsubscribe anybody.
 */
export const unsubscribeRoutes = router()
  .use(errorPage)

  .get("/", query(Link), async (c) => {
    const { category } = await verifyLink(c.var.deps, c.req.valid("query"))
    return c.html(confirmPage(category))
  })

  .post("/", rawBody, query(Link), async (c) => {
    const category = await unsubscribe(c.var.deps, c.req.valid("query"))
    return c.html(donePage(category, c.var.deps.config.FRONTEND_URL))
  })
