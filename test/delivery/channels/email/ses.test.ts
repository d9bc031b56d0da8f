import { beforeEach, describe, expect, it, vi } from "vitest"
import { SesEmail } from "../../../../src/delivery/channels/email/ses"
import { DeliveryError } from "../../../../src/delivery/retry"
import { HOUR } from "../../../support/clock"
import { fakeFetch } from "../../../support/fake-fetch"

const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
const options = {
  from: { email: "notifications@dalgo.test", name: "Dalgo" },
  region: "ap-south-1",
  endpoint: undefined,
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: SECRET,
}
const email = {
  to: "alice@acme.test",
  subject: "[Acme] Job Failures: größer",
  text: "größer",
  html: "<p>größer</p>",
  headers: { "List-Unsubscribe": "<https://dalgo.test/u>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
}
const ses = (changes: Partial<ConstructorParameters<typeof SesEmail>[0]> = {}) =>
  new SesEmail({ ...options, ...changes })

const respondWith = (response: Response) => fakeFetch(() => response.clone())
const sendError = async () => {
  try {
    await ses().send(email)
  } catch (error) {
    if (error instanceof DeliveryError) return { message: error.message, ...error.options }
    throw error
  }
  throw new Error("a DeliveryError was expected")
}

beforeEach(() => {
  vi.setSystemTime(Date.UTC(2026, 10, 20, 12))
})

describe("a request to SES", () => {
  it("is one e-mail to one person", async () => {
    const { requests } = respondWith(Response.json({ MessageId: "0100019-abc" }))
    expect(await ses().send(email)).toEqual({ providerId: "0100019-abc" })

    const [request] = requests
    expect(requests).toHaveLength(1)
    expect(request?.method).toBe("POST")
    expect(request?.url).toBe("https://email.ap-south-1.amazonaws.com/v2/email/outbound-emails")
    expect(request?.headers.get("content-type")).toBe("application/json")
    expect(request?.redirect).toBe("manual")
    expect(await request?.json()).toEqual({
      FromEmailAddress: '"Dalgo" <notifications@dalgo.test>',
      Destination: { ToAddresses: ["alice@acme.test"] },
      Content: {
        Simple: {
          Subject: { Data: "[Acme] Job Failures: größer", Charset: "UTF-8" },
          Body: {
            Text: { Data: "größer", Charset: "UTF-8" },
            Html: { Data: "<p>größer</p>", Charset: "UTF-8" },
          },
          Headers: [
            { Name: "List-Unsubscribe", Value: "<https://dalgo.test/u>" },
            { Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click" },
          ],
        },
      },
    })
  })

  it("is signed with the configured key for the configured region", async () => {
    const { requests } = respondWith(Response.json({ MessageId: "1" }))
    await ses().send(email)
    const request = requests[0] as Request
    expect(request.headers.get("authorization")).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20261120\/ap-south-1\/ses\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/,
    )
    expect(request.headers.get("authorization")).toContain(`Signature=${await signatureOf(request, SECRET)}`)
  })

  it("names the configuration set, if there is one", async () => {
    const { requests } = respondWith(Response.json({ MessageId: "1" }))
    await ses({ configurationSet: "dalgo" }).send(email)
    expect(await requests[0]?.json()).toMatchObject({ ConfigurationSetName: "dalgo" })
  })

  it("goes to the configured endpoint, if there is one", async () => {
    const { requests } = respondWith(Response.json({ MessageId: "1" }))
    await ses({ endpoint: "https://ses.dalgo.test" }).send(email)
    expect(requests[0]?.url).toBe("https://ses.dalgo.test/v2/email/outbound-emails")
  })

  it.each([
    ["in quotes", "Dalgo, for NGOs", '"Dalgo, for NGOs"'],
    ["without a quote that would end it", 'Dal"go\\', '"Dalgo"'],
    ["encoded if it is not ASCII", "डाल्गो", "=?UTF-8?B?4KSh4KS+4KSy4KWN4KSX4KWL?="],
    [
      "in words of at most 75 characters",
      "ü".repeat(30),
      `=?UTF-8?B?${"w7zDvMO8".repeat(7)}w7w=?= =?UTF-8?B?${"w7zDvMO8".repeat(2)}w7zDvA==?=`,
    ],
  ])("names the sender %s", async (_, name, expected) => {
    const { requests } = respondWith(Response.json({ MessageId: "1" }))
    await ses({ from: { email: "notifications@dalgo.test", name } }).send(email)
    expect(await requests[0]?.json()).toMatchObject({ FromEmailAddress: `${expected} <notifications@dalgo.test>` })
  })
})

describe("an error of SES", () => {
  const amazon = (status: number, type: string, headers: Record<string, string> = {}) =>
    Response.json(
      { message: "Address is on the list: alice@acme.test" },
      { status, headers: { "x-amzn-errortype": type, ...headers } },
    )
  const saying = (message: unknown, status: number, type: string) =>
    Response.json({ message }, { status, headers: { "x-amzn-errortype": type } })
  const permanent = { permanent: true, retryAfterMs: undefined }
  const transient = { permanent: false, retryAfterMs: undefined }
  const slowDown = { ...transient, slowDown: true }
  const misconfigured = { permanent: false, retryAfterMs: 4 * HOUR, slowDown: true }
  const paused = { permanent: false, retryAfterMs: 6 * HOUR, slowDown: true }
  const quota = { permanent: false, retryAfterMs: 6 * HOUR, slowDown: true }

  it.each<[string, Response, object]>([
    [
      "a rejected e-mail",
      amazon(400, "MessageRejected"),
      { message: "SES answered 400 MessageRejected", ...permanent },
    ],
    [
      "a bad request",
      amazon(400, "BadRequestException"),
      { message: "SES answered 400 BadRequestException", ...permanent },
    ],
    [
      "a sender that is not verified",
      amazon(400, "MailFromDomainNotVerifiedException:http://internal.amazon.com/coral/"),
      { message: "SES answered 400 MailFromDomainNotVerifiedException", ...misconfigured },
    ],
    [
      "a sender that is not verified, reported as a rejected e-mail",
      saying("Email address is not verified. The following identities failed the check", 400, "MessageRejected"),
      { message: "SES answered 400 MessageRejected", ...misconfigured },
    ],
    [
      "a wrong signature",
      amazon(403, "InvalidSignatureException"),
      { message: "SES answered 403 InvalidSignatureException", ...misconfigured },
    ],
    [
      "a key that may not send",
      amazon(403, "AccessDeniedException"),
      { message: "SES answered 403 AccessDeniedException", ...misconfigured },
    ],
    [
      "an unknown configuration set",
      amazon(404, "NotFoundException"),
      { message: "SES answered 404 NotFoundException", ...misconfigured },
    ],
    ["a response without a type", new Response("no", { status: 400 }), { message: "SES answered 400", ...permanent }],
    [
      "a type that is the name of a method",
      amazon(400, "toString"),
      { message: "SES answered 400 toString", ...permanent },
    ],
    [
      "a rate limit with a time to wait",
      amazon(429, "TooManyRequestsException", { "retry-after": "90" }),
      { message: "SES answered 429 TooManyRequestsException", ...slowDown, retryAfterMs: 90_000 },
    ],
    [
      "a rate limit without one",
      saying("Maximum sending rate exceeded.", 429, "TooManyRequestsException"),
      { message: "SES answered 429 TooManyRequestsException", ...slowDown },
    ],
    [
      "the daily quota",
      saying("Daily message quota exceeded.", 429, "TooManyRequestsException"),
      { message: "SES answered 429 TooManyRequestsException", ...quota },
    ],
    [
      "the daily quota, in the form that all AWS services share",
      saying("Daily message quota exceeded", 400, "ThrottlingException"),
      { message: "SES answered 400 ThrottlingException", ...quota },
    ],
    [
      "a rate limit whose message is not text",
      saying({ daily: "message quota" }, 429, "TooManyRequestsException"),
      { message: "SES answered 429 TooManyRequestsException", ...slowDown },
    ],
    ["status 429 without a type", new Response(null, { status: 429 }), { message: "SES answered 429", ...slowDown }],
    [
      "a limit of the account",
      amazon(400, "LimitExceededException"),
      { message: "SES answered 400 LimitExceededException", ...paused },
    ],
    [
      "a limit of the account, in the form that all AWS services share",
      amazon(400, "LimitExceededException:http://internal.amazon.com/coral/"),
      { message: "SES answered 400 LimitExceededException", ...paused },
    ],
    [
      "a rate limit, in the form that all AWS services share",
      amazon(400, "ThrottlingException"),
      { message: "SES answered 400 ThrottlingException", ...slowDown },
    ],
    [
      "an account that is paused",
      amazon(400, "SendingPausedException"),
      { message: "SES answered 400 SendingPausedException", ...paused },
    ],
    [
      "a suspended account with a longer time to wait than ours",
      amazon(400, "AccountSuspendedException", { "retry-after": "28800" }),
      { message: "SES answered 400 AccountSuspendedException", ...paused, retryAfterMs: 8 * HOUR },
    ],
    ["a request timeout", new Response(null, { status: 408 }), { message: "SES answered 408", ...transient }],
    [
      "an internal error",
      amazon(500, "InternalFailure"),
      { message: "SES answered 500 InternalFailure", ...transient },
    ],
    [
      "an overload",
      new Response("busy", { status: 503, headers: { "retry-after": "Fri, 20 Nov 2026 12:05:00 GMT" } }),
      { message: "SES answered 503", permanent: false, retryAfterMs: 300_000 },
    ],
  ])("may be %s", async (_, response, expected) => {
    respondWith(response)
    expect(await sendError()).toEqual(expected)
  })

  it("may be a failed connection", async () => {
    fakeFetch()
    expect(await sendError()).toEqual({ message: "SES did not answer", permanent: false })
  })

  it("is a timeout after 15 seconds", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort())
    fakeFetch((request) => {
      request.signal.throwIfAborted()
      return Response.json({ MessageId: "1" })
    })
    expect(await sendError()).toEqual({ message: "SES did not answer", permanent: false })
    expect(timeout).toHaveBeenCalledWith(15_000)
  })

  it.each([
    ["HTML", () => new Response("<html>")],
    ["nothing", () => new Response(null)],
    ["another shape", () => Response.json({ messageId: 7 })],
  ])("is none if only the body is unreadable, since SES has accepted the e-mail: %s", async (_, response) => {
    respondWith(response())
    expect(await ses().send(email)).toEqual({ providerId: "" })
  })
})

/** AWS Signature Version 4, computed without aws4fetch. */
async function signatureOf(request: Request, secret: string): Promise<string> {
  const [, scope = "", signedHeaders = ""] =
    /Credential=[^/]+\/(\S+), SignedHeaders=(\S+),/.exec(request.headers.get("authorization") ?? "") ?? []
  const at = request.headers.get("x-amz-date") ?? ""
  const { host, pathname } = new URL(request.url)
  const canonicalHeaders = signedHeaders
    .split(";")
    .map((name) => `${name}:${name === "host" ? host : request.headers.get(name)}\n`)
    .join("")
  const body = await sha256(await request.clone().text())
  const canonical = [request.method, pathname, "", canonicalHeaders, signedHeaders, body].join("\n")
  const text = ["AWS4-HMAC-SHA256", at, scope, await sha256(canonical)].join("\n")
  let key: ArrayBuffer = bytes(`AWS4${secret}`)
  for (const part of [...scope.split("/"), text]) key = await hmac(key, part)
  return hex(key)
}

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer
const hex = (buffer: ArrayBuffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("")
const sha256 = async (text: string) => hex(await crypto.subtle.digest("SHA-256", bytes(text)))
async function hmac(key: ArrayBuffer, text: string): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  return crypto.subtle.sign("HMAC", imported, bytes(text))
}
