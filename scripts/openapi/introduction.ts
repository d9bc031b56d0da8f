export const TITLE = "Dalgo notifications"

export const INTRODUCTION = `
Notifications of the Dalgo data platform: failures and announcements, in the inbox, on the urgent bar, by email, by web
push, and in Discord and Slack.

**Authentication.** A person sends a JWT in the cookie \`access_token\` or in \`Authorization: Bearer\`; the cookie takes
precedence. Another server sends a service key in \`Authorization: Bearer\`. A person acts in one organisation: the one
that \`x-dalgo-org\` names, or their first one. Members have an inbox, admins administer their organisation, super-admins
and servers administer all organisations.

**Responses** are JSON with status 200. Field names are snake_case. Every response has \`x-request-id\`, a new one of this
service, which also identifies the request in the log.

**Errors** have the body \`{"detail": …}\`: a sentence, or for 422 a list of issues. 498 means that the token in the
cookie has expired: the client refreshes it and tries again. 401 means that the person must sign in; it is also the answer
to a Bearer token that has expired. 404 also means that something belongs to
another organisation or person. 429 and 503 give the seconds to wait in \`Retry-After\`.

**Bodies** are JSON. New routes refuse unknown fields. The routes that Dalgo's web app has always called (those for
\`POST /api/notifications\`, \`PUT /api/notifications/v1\`, \`/api/userpreferences\` and \`/api/orgpreferences\`) ignore
them, as Dalgo's backend does; there a body may also be declared as \`text/plain\`, or not at all, if a Bearer token signs
in and no cookie.

**Ids** of notifications are integers. Organisations are identified by their slug, and people by the \`user_id\` of their
token. **Times** are ISO 8601 in UTC.

Every path works with and without a trailing slash.
`.trim()
