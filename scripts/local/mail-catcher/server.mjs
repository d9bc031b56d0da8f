import { randomUUID } from "node:crypto"
import { json, objectIn, serve } from "../http-server.mjs"
import { mailIn } from "./parse-send-email.mjs"
import { listOf, pageOf } from "./page.mjs"

const MOST_KEPT = 20_000

const failure = (status, type, message) => json({ message }, status, { "x-amzn-errortype": type })
const FAILURES = {
  429: () => failure(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
  500: () => failure(500, "InternalServiceErrorException", "Internal failure."),
}

/**
 * Speaks SES v2's SendEmail and keeps what it is sent in memory. `POST /demo/fail {rate, status, count}` makes it fail
 * that share of the requests, at most `count` of them where that is given; a rate of 0 ends it.
 */
export function startMailCatcher({ port }) {
  let mails = []
  let received = 0
  let faults = { rate: 0, status: 500, left: 0 }

  function send({ headers, body }) {
    if (!headers.authorization?.startsWith("AWS4-HMAC-SHA256"))
      return failure(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if (faults.left > 0 && Math.random() < faults.rate) {
      faults.left -= 1
      return FAILURES[faults.status]()
    }
    const { mail, fault } = mailIn(objectIn(body))
    if (fault) return failure(400, "BadRequestException", fault)
    received += 1
    mails.push({ number: received, mail: { ...mail, at: new Date().toISOString() } })
    if (mails.length > MOST_KEPT) mails = mails.slice(-MOST_KEPT)
    return json({ MessageId: randomUUID() })
  }

  function fail({ body }) {
    const { rate, status = 500, count = Number.MAX_SAFE_INTEGER } = objectIn(body) ?? {}
    if (!(rate >= 0 && rate <= 1) || !Object.hasOwn(FAILURES, status) || !(Number.isInteger(count) && count >= 0))
      return json({ message: "rate: 0 to 1; status: 429 or 500; count: a whole number" }, 400)
    faults = { rate, status, left: rate === 0 ? 0 : count }
    return json({ rate, status, count })
  }

  const routes = {
    "POST /v2/email/outbound-emails": send,
    "POST /demo/fail": fail,
    "GET /messages": () => json(mails.map(({ mail }) => mail)),
    "DELETE /messages": () => {
      mails = []
      return json({ deleted: true })
    },
    "GET /": () => pageOf(mails, received),
    "GET /list": ({ query }) => listOf(mails, Number(query.get("after")), received),
  }

  const handle = (request) =>
    routes[`${request.method} ${request.path}`]?.(request) ?? json({ message: "There is nothing here." }, 404)
  // SES itself takes bodies far larger than any mail of ours.
  return serve({ port, maxBytes: 10_000_000, handle })
}
