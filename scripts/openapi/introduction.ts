export const TITLE = "Dalgo notifications"

/** What a reader must know of every route. */
export const INTRODUCTION = `
Notifications of the Dalgo data platform: what broke, said once to the right people, in their inbox, on the urgent bar
and by e-mail.

**Who is asking.** A person is known by a JWT in the cookie \`access_token\`, or where there is none in
\`Authorization: Bearer\`. Another server of the platform sends a service key the same way. A person acts in one
organisation: the one that \`x-dalgo-org\` names, else their first. Members have an inbox, admins run their
organisation, super-admins and servers run all.

**Answers** are JSON with status 200, field names are snake_case, and every one carries \`x-request-id\`, which
names the request in the log.

**Errors** are \`{"detail": …}\`: a sentence, or for 422 a list of what does not fit. Expired tokens are 498, so that a
client knows to refresh its token and try again; 401 means that it must sign in. What belongs to another organisation
is 404, as if it were not there. 429 and 503 say in \`Retry-After\` after how many seconds to try again.

**Ids** of notifications are whole numbers, organisations are named by their slug, and people by the \`user_id\` of
their token. **Times** are ISO 8601 in UTC.

Every path works with and without a trailing slash.
`.trim()
