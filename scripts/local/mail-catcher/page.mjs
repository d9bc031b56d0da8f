import { readFileSync } from "node:fs"

const MOST_SHOWN = 100

const style = readFileSync(new URL("page.css", import.meta.url), "utf8")
const script = readFileSync(new URL("page.browser.js", import.meta.url), "utf8")

const CHARACTERS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => CHARACTERS[character])

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

const list = (mails) =>
  mails
    .slice(-MOST_SHOWN)
    .toReversed()
    .map(({ mail }) => article(mail))
    .join("\n")

// What a mail holds is not to be trusted: only the page's own script runs, and nothing is fetched from elsewhere.
const policy = (nonce) =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const html = (body, headers = {}) => ({
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8", "x-content-type-options": "nosniff", ...headers },
  body,
})

const state = (mails, received) => ({ "x-kept": String(mails.length), "x-received": String(received) })

/** The mails that came after the given one, newest first, for the page to put on top. */
export function listOf(mails, after, received) {
  return html(list(mails.filter(({ number }) => number > after)), state(mails, received))
}

export function pageOf(mails, received) {
  const nonce = crypto.randomUUID()
  const note = mails.length > MOST_SHOWN ? `The newest ${MOST_SHOWN} are shown; all are at ` : "As JSON: "
  return html(
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Caught mail</title>
<style>${style}</style>
<header><h1>Caught mail <output id="kept">${mails.length}</output></h1><button id="clear">Clear</button></header>
<p class="note">Nothing leaves this machine. ${note}<a href="/messages">/messages</a></p>
<main id="mails" data-received="${received}">${list(mails)}</main>
<p id="empty">No mail yet. Send a sample failure with <code>npm run -s fail</code>; it shows up here by itself.</p>
<script nonce="${nonce}">${script}</script>
</html>`,
    { "content-security-policy": policy(nonce) },
  )
}
