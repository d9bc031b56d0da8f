import { html, nothing } from "lit"
import { ApiError } from "../../client/rest-client"

export const loadingPlaceholder = html`
  <div class="list" aria-hidden="true">${Array.from({ length: 6 }, () => html`<div class="skeleton"></div>`)}</div>
`

export const emptyPlaceholder = html`
  <div class="panel">
    <h2>You're all caught up</h2>
    <p class="muted">There are no notifications yet. New ones appear here by themselves.</p>
  </div>
`

export function errorPlaceholder(failure: Error, retry: () => void) {
  const requestId = failure instanceof ApiError ? failure.requestId : null
  return html`
    <div class="panel">
      <h2>Notifications could not be loaded</h2>
      <p class="muted">
        ${errorText(failure)} ${requestId ? html`If it happens again, mention request ${requestId}.` : nothing}
      </p>
      <button @click=${retry}>Retry</button>
    </div>
  `
}

function errorText(failure: Error) {
  if (!(failure instanceof ApiError)) return "The server could not be reached."
  if (failure.isSignedOut) return "You are not signed in."
  // Another organisation's data answers 404.
  return [403, 404].includes(failure.status) ? "You do not belong to this organisation." : "The server had a problem."
}
