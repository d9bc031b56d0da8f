import { html } from "hono/html"
import * as z from "zod/mini"
import { CATEGORY, type Category } from "../categories"
import { query, rawBody } from "../http/contract"
import { router } from "../http/router"
import { unsubscribe, unsubscription } from "./unsubscribe"

const Link = z.object({ token: z.string().check(z.minLength(1), z.maxLength(1_000)) })

/**
 * The link in every mail. A mail client POSTs to it without a person; a person who follows it sees a page with a
 * button, since programs that look for malware follow links too and must not unsubscribe anybody.
 */
export const unsubscribeRoutes = router()
  .get("/", query(Link), async (c) => {
    const { category } = await unsubscription(c.var.deps, c.req.valid("query"))
    return c.html(page(category, html`<form method="post"><button>Stop these e-mails</button></form>`))
  })

  .post("/", rawBody, query(Link), async (c) => {
    const category = await unsubscribe(c.var.deps, c.req.valid("query"))
    return c.html(
      page(
        category,
        html`<p role="status">Done. You will get no more of these e-mails. They stay in your Dalgo inbox.</p>`,
      ),
    )
  })

const page = (category: Category, content: ReturnType<typeof html>) => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Dalgo e-mails</title>
<link rel="stylesheet" href="/page.css"></head>
<body><main><h1>E-mails for ${CATEGORY[category].label}</h1>
<p>${CATEGORY[category].description}.</p>
${content}</main></body>
</html>`
