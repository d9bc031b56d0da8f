import { html } from "hono/html"
import { CATEGORY, type Category } from "../../domain/categories"

type Content = ReturnType<typeof html>

/** Asks for confirmation. */
export const confirmPage = (category: Category) =>
  aboutCategory(category, html`<form method="post"><button class="action">Stop these e-mails</button></form>`)

export const donePage = (category: Category, frontendUrl: string | undefined) =>
  aboutCategory(
    category,
    html`<p role="status">Done. You will not get these e-mails any more. You can still read these notifications in your Dalgo inbox.</p>
<p>You can turn the e-mails on again in your ${settings(frontendUrl)}.</p>`,
  )

/** For a link whose token is incomplete or not ours. */
export const invalidLinkPage = (frontendUrl: string | undefined) =>
  page(
    "This link is incomplete",
    html`<p>Some programs cut long links. Please open the link from the e-mail again.</p>
<p>You can also turn e-mails off in your ${settings(frontendUrl)}.</p>`,
  )

/** For a link that may be good, while the service has no secret that it could be read with. */
export const unavailablePage = (frontendUrl: string | undefined) =>
  page(
    "This does not work right now",
    html`<p>Your e-mails were not changed. Please open the link from the e-mail again later.</p>
<p>You can also turn e-mails off in your ${settings(frontendUrl)}.</p>`,
  )

const settings = (frontendUrl: string | undefined) =>
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
