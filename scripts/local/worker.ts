// The worker with the routes of the local instance in front of it. The deployed worker starts at src/index.ts and does not
// contain this file.
import { Hono } from "hono"
import { setCookie } from "hono/cookie"
import { sign } from "hono/jwt"
import worker from "../../src/index"
import { mailPreview } from "./mail-preview/routes"
import { accessTokenClaims, demoUsers, findDemoUser, TOKEN_LIFETIME_SECONDS } from "./demo-users.mjs"

export * from "../../src/index"

type LocalEnv = Env & { JWT_SECRET: string; MAIL_CATCHER_URL: string }

const local = new Hono<{ Bindings: LocalEnv }>()
  .basePath("/local")
  .get("/people", (c) => c.json(demoUsers.map(({ name, email, role, org }) => ({ name, email, role, org }))))
  .get("/mail", (c) => c.redirect(c.env.MAIL_CATCHER_URL))
  .route("/mails", mailPreview)
  .get("/sign-in", async (c) => {
    const user = findDemoUser(c.req.query("as") ?? "")
    if (!user) return c.json({ detail: "There is no such user." }, 404)
    const token = await sign(accessTokenClaims(user), c.env.JWT_SECRET, "HS256")
    setCookie(c, "access_token", token, { httpOnly: true, sameSite: "Lax", path: "/", maxAge: TOKEN_LIFETIME_SECONDS })
    return c.redirect("/")
  })

export default {
  ...worker,
  async fetch(given: Parameters<typeof worker.fetch>[0], env: LocalEnv, context: ExecutionContext) {
    // The worker answers 401 and 403 without reading the body. An unread body crashes the proxy of wrangler dev.
    const request = given.body ? new Request(given, { method: given.method, body: await given.arrayBuffer() }) : given
    const isLocal = new URL(request.url).pathname.startsWith("/local/")
    return isLocal ? local.fetch(request, env, context) : worker.fetch(request, env, context)
  },
}
