// The worker as it is, and before it what only the local instance has. What is deployed starts at src/index.ts
// and never sees this file.
import { Hono } from "hono"
import { setCookie } from "hono/cookie"
import { sign } from "hono/jwt"
import worker from "../../src/index"
import { mails } from "./mail-preview/routes"
import { claimsOf, people, personNamed, TOKEN_LIFETIME_SECONDS } from "./demo-users.mjs"

export * from "../../src/index"

type LocalEnv = Env & { JWT_SECRET: string; MAIL_CATCHER_URL: string }

const local = new Hono<{ Bindings: LocalEnv }>()
  .basePath("/local")
  .get("/people", (c) => c.json(people.map(({ name, email, role, org }) => ({ name, email, role, org }))))
  .get("/mail", (c) => c.redirect(c.env.MAIL_CATCHER_URL))
  .route("/mails", mails)
  .get("/sign-in", async (c) => {
    const person = personNamed(c.req.query("as") ?? "")
    if (!person) return c.json({ detail: "There is no such person." }, 404)
    const token = await sign(claimsOf(person), c.env.JWT_SECRET, "HS256")
    setCookie(c, "access_token", token, { httpOnly: true, sameSite: "Lax", path: "/", maxAge: TOKEN_LIFETIME_SECONDS })
    return c.redirect("/")
  })

export default {
  ...worker,
  async fetch(given: Parameters<typeof worker.fetch>[0], env: LocalEnv, context: ExecutionContext) {
    // Who is refused is answered before their body is read, and that ends wrangler's proxy.
    const request = given.body ? new Request(given, { method: given.method, body: await given.arrayBuffer() }) : given
    const isLocal = new URL(request.url).pathname.startsWith("/local/")
    return isLocal ? local.fetch(request, env, context) : worker.fetch(request, env, context)
  },
}
