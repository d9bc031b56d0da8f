/**
 * A URL of a browser's push service, and no other: the service sends requests to it, and any user can store one (SSRF).
 *
 * - Chrome and browsers built on it: `chrome/browser/push_messaging/push_messaging_constants.h` in Chromium
 * - Firefox: `updates.push.services.mozilla.com`, https://mozilla-push-service.readthedocs.io
 * - Safari: "any subdomain of push.apple.com", https://webkit.org/blog/12945/meet-web-push/
 * - Edge on Windows: "from the domain notify.windows.com",
 *   https://learn.microsoft.com/windows/apps/design/shell/tiles-and-notifications/windows-push-notification-services--wns--overview
 */
const ENDPOINT_PATTERN =
  /^https:\/\/(?:fcm\.googleapis\.com|(?:[a-z0-9-]+\.)+(?:push\.services\.mozilla\.com|push\.apple\.com|notify\.windows\.com))\/[\w!$%&'()*+,./:;=?@~-]+$/

export const isPushEndpoint = (text: string) => ENDPOINT_PATTERN.test(text)
