// Dalgo's web app was written for Dalgo's own backend, where these routes ignore parameters that they do not know.

const KEPT = ["", "/v1", "/history", "/recipients", "/unread_count", "/mark_all_as_read"].map(
  (end) => `/api/notifications${end}`,
)
const KEPT_BELOW = ["/api/userpreferences", "/api/orgpreferences"]

/** Whether this is a route that Dalgo has too. */
export function isKeptRoute(path: string): boolean {
  const route = path.replace(/\/+$/, "")
  return KEPT.includes(route) || KEPT_BELOW.some((prefix) => route === prefix || route.startsWith(`${prefix}/`))
}
