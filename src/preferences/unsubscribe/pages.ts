import { html } from "hono/html"
import { CATEGORY, type Category } from "../../domain/categories"

type Content = ReturnType<typeof html>

/** Asks whether these e-mails are to end. */
export const confirmPage = (category: Category) =>
  aboutCategory(category, html`<form method="post"><button class="action">Stop these e-mails</button></form>`)

/** Says that they have ended, and where they begin again. */
export const donePage = (category: Category, frontendUrl: string | undefined) =>
  aboutCategory(
    category,
    html`<p role="status">Done. You will get no more of these e-mails. They stay in your Dalgo inbox.</p>
<p>You can turn them on again in your ${config(frontendUrl)}.</p>`,
  )

/** Says that a link is none of ours, as far as it came. */
export const invalidLinkPage = (frontendUrl: string | undefined) =>
  page(
    "This link is not complete",
    html`<p>Some programs cut a long link. Open it again from the e-mail, as a whole.</p>
<p>You can also turn e-mails off in your ${config(frontendUrl)}.</p>`,
  )

const config = (frontendUrl: string | undefined) =>
  frontendUrl
    ? html`<a href="${frontendUrl}/notifications">notification settings in Dalgo</a>`
    : "notification settings in Dalgo"

const aboutCategory = (category: Category, content: Content) => {
  const { label, description } = CATEGORY[category]
  return page(`E-mails for ${label}`, html`<p>${description}.</p>\n${content}`)
}

const page = (title: string, content: Content) => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Dalgo: ${title}</title>
<link rel="stylesheet" href="/page.css"></head>
<body><main><h1>${title}</h1>
${content}</main></body>
</html>`
