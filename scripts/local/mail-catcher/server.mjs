import { randomUUID } from "node:crypto"
import { json, parseObject, serve } from "../http-server.mjs"
import { newerEmails, page } from "./page.mjs"
import { parseSendEmail } from "./parse-send-email.mjs"

const MAX_KEPT = 20_000

const sesError = (status, type, message) => json({ message }, status, { "x-amzn-errortype": type })
const ERRORS = {
  429: () => sesError(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
  500: () => sesError(500, "InternalServiceErrorException", "Internal failure."),
}

/**
 * Accepts e-mails as SES v2's SendEmail does and keeps the newest 20,000 in memory. `POST /demo/fail {rate, status, count}`
 * makes that share of the requests fail (rate 0 to 1), at most `count` of them if it is given. A rate of 0 ends it.
 */
export function startMailCatcher({ port }) {
  let emails = []
  let received = 0
  let failures = { rate: 0, status: 500, remaining: 0 }

  function send({ headers, body }) {
    if (!headers.authorization?.startsWith("AWS4-HMAC-SHA256"))
      return sesError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if (failures.remaining > 0 && Math.random() < failures.rate) {
      failures.remaining -= 1
      return ERRORS[failures.status]()
    }
    const { email, error } = parseSendEmail(parseObject(body))
    if (error) return sesError(400, "BadRequestException", error)
    received += 1
    emails.push({ number: received, email: { ...email, at: new Date().toISOString() } })
    if (emails.length > MAX_KEPT) emails = emails.slice(-MAX_KEPT)
    return json({ MessageId: randomUUID() })
  }

  function fail({ body }) {
    const { rate, status = 500, count = Number.MAX_SAFE_INTEGER } = parseObject(body) ?? {}
    if (!(rate >= 0 && rate <= 1) || !Object.hasOwn(ERRORS, status) || !(Number.isInteger(count) && count >= 0))
      return json({ message: "rate: 0 to 1; status: 429 or 500; count: a whole number" }, 400)
    failures = { rate, status, remaining: rate === 0 ? 0 : count }
    return json({ rate, status, count })
  }

  const routes = {
    "POST /v2/email/outbound-emails": send,
    "POST /demo/fail": fail,
    "GET /messages": () => json(emails.map(({ email }) => email)),
    "DELETE /messages": () => {
      emails = []
      return json({ deleted: true })
    },
    "GET /": () => page(emails, received),
    "GET /list": ({ query }) => newerEmails(emails, Number(query.get("after")), received),
  }

  const handle = (request) =>
    routes[`${request.method} ${request.path}`]?.(request) ?? json({ message: "Not found." }, 404)
  // SES accepts up to 40 MB. The e-mails of this service are far below 10 MB.
  return serve({ port, maxBytes: 10_000_000, handle })
}
