import { html, nothing } from "lit"
import { ApiError } from "../../client/rest"

export const loading = html`
  <div class="list" aria-hidden="true">${Array.from({ length: 6 }, () => html`<div class="skeleton"></div>`)}</div>
`

export const empty = html`
  <div class="panel">
    <h2>You're all caught up</h2>
    <p class="muted">There are no notifications yet. New ones appear here by themselves.</p>
  </div>
`

export function failed(failure: Error, retry: () => void) {
  const requestId = failure instanceof ApiError ? failure.requestId : null
  return html`
    <div class="panel">
      <h2>Notifications could not be loaded</h2>
      <p class="muted">
        ${reasonOf(failure)} ${requestId ? html`If it happens again, mention request ${requestId}.` : nothing}
      </p>
      <button @click=${retry}>Retry</button>
    </div>
  `
}

function reasonOf(failure: Error) {
  if (!(failure instanceof ApiError)) return "The server could not be reached."
  if (failure.isSignedOut) return "You are not signed in."
  // What belongs to strangers is not found.
  return [403, 404].includes(failure.status) ? "You do not belong to this organisation." : "The server had a problem."
}
