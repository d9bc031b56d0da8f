import { readFileSync } from "node:fs"

const MAX_SHOWN = 100

const style = readFileSync(new URL("page.css", import.meta.url), "utf8")
const script = readFileSync(new URL("page.browser.js", import.meta.url), "utf8")

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES[character])

const withLinks = (escaped) =>
  escaped.replace(
    /https?:\/\/(?:[^\s&]|&amp;)+/g,
    (url) => `<a href="${url}" target="_blank" rel="noopener noreferrer">${url}</a>`,
  )

function article({ to, subject, headers, text, html, at }) {
  const rows = Object.entries(headers).map(
    ([name, value]) => `<dt>${escape(name)}</dt><dd>${withLinks(escape(value))}</dd>`,
  )
  const time = `<time datetime="${escape(at)}">${escape(new Date(at).toLocaleTimeString("en-GB"))}</time>`
  return `<details class="mail">
<summary><span class="to">${escape(to)}</span>${time}<span class="subject">${escape(subject)}</span></summary>
<details class="headers"><summary>Headers</summary><dl>${rows.join("")}</dl></details>
${html && `<h3>HTML</h3><iframe sandbox="" loading="lazy" title="HTML part" srcdoc="${escape(html)}"></iframe>`}
${text && `<h3>Text</h3><pre>${withLinks(escape(text))}</pre>`}
</details>`
}

const list = (emails) =>
  emails
    .slice(-MAX_SHOWN)
    .toReversed()
    .map(({ email }) => article(email))
    .join("\n")

// The content of an e-mail is untrusted. Only the page's own script runs, and nothing is loaded from other origins.
const policy = (nonce) =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const html = (body, headers = {}) => ({
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8", "x-content-type-options": "nosniff", ...headers },
  body,
})

const counts = (emails, received) => ({ "x-kept": String(emails.length), "x-received": String(received) })

/** The HTML of the e-mails with a number above `after`, newest first. The page puts it on top of its list. */
export function newerEmails(emails, after, received) {
  return html(list(emails.filter(({ number }) => number > after)), counts(emails, received))
}

export function page(emails, received) {
  const nonce = crypto.randomUUID()
  const note = emails.length > MAX_SHOWN ? `The newest ${MAX_SHOWN} are shown. All, as JSON: ` : "All, as JSON: "
  return html(
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mail catcher</title>
<style>${style}</style>
<header><h1>Mail catcher <output id="kept">${emails.length}</output></h1><button id="clear">Clear</button></header>
<p class="note">The local instance sends its e-mails here and nowhere else. ${note}<a href="/messages">/messages</a></p>
<main id="mails" data-received="${received}">${list(emails)}</main>
<p id="empty">No e-mails yet. Run <code>npm run -s fail</code>: a new e-mail appears here without a reload.</p>
<script nonce="${nonce}">${script}</script>
</html>`,
    { "content-security-policy": policy(nonce) },
  )
}
