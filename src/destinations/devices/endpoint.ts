/**
 * A URL of a browser's push service, and no other: the service sends requests to it, and any user can store one (SSRF).
 *
 * - Chrome, and Brave, Edge on Android, Opera, Samsung Internet and Vivaldi, which are built on it; and its canary and
 *   developer versions: `components/push_messaging/push_messaging_constants.cc` in Chromium
 * - Firefox: `updates.push.services.mozilla.com`, https://mozilla-push-service.readthedocs.io
 * - Safari: "any subdomain of push.apple.com", https://webkit.org/blog/12945/meet-web-push/
 * - Edge on Windows: "from the domain notify.windows.com",
 *   https://learn.microsoft.com/windows/apps/design/shell/tiles-and-notifications/windows-push-notification-services--wns--overview
 */
const PATH = String.raw`[\w!$%&'()*+,./:;=?@~-]+`
/** One segment without a dot or an escape: other services share these hosts, and no path may lead to them. */
const TOKEN = "[\\w:-]+"
const ENDPOINTS = [
  `fcm\\.googleapis\\.com/${PATH}`,
  `jmt17\\.google\\.com/fcm/send/${TOKEN}`,
  `fcm\\.google\\.com/preprod/wp/${TOKEN}`,
  `android\\.googleapis\\.com/gcm/send/${TOKEN}`,
  `(?:[a-z0-9-]+\\.)+(?:push\\.services\\.mozilla\\.com|push\\.apple\\.com|notify\\.windows\\.com)/${PATH}`,
]
const ENDPOINT_PATTERN = new RegExp(`^https://(?:${ENDPOINTS.join("|")})$`)

export const isPushEndpoint = (text: string) => ENDPOINT_PATTERN.test(text)
