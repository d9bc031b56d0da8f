import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { CloudflareEmail } from "../../../../src/delivery/channels/email/cloudflare"
import { DeliveryError } from "../../../../src/delivery/retry"
import { HOUR } from "../../../support/clock"

const email = {
  to: "alice@acme.test",
  subject: "[Acme] Job Failures: broke",
  text: "broke",
  html: "<p>broke</p>",
  headers: { "List-Unsubscribe": "<https://dalgo.test/u>" },
}
const from = { email: "notifications@dalgo.test", name: "Dalgo" }
const send = () => new CloudflareEmail(env.EMAIL, from).send(email)

it("sends one e-mail to one person through the binding, and returns its id", async () => {
  const binding = vi.spyOn(env.EMAIL, "send").mockResolvedValue({ messageId: "cf-1" })
  expect(await send()).toEqual({ providerId: "cf-1" })
  expect(binding).toHaveBeenCalledExactlyOnceWith({ from, ...email })
})

describe("an error of Email Service", () => {
  const errorFor = async (error: unknown) => {
    vi.spyOn(env.EMAIL, "send").mockRejectedValue(error)
    try {
      await send()
    } catch (failure) {
      if (failure instanceof DeliveryError) return failure
    }
    throw new Error("a DeliveryError was expected")
  }
  const coded = (code: unknown) => Object.assign(new Error("alice@acme.test was refused"), { code })

  const PERMANENT = { permanent: true, retryAfterMs: undefined }
  const TRANSIENT = { permanent: false, retryAfterMs: undefined }
  const SLOW_DOWN = { permanent: false, retryAfterMs: undefined, slowDown: true }
  const MISCONFIGURED = { permanent: false, retryAfterMs: 4 * HOUR, slowDown: true }
  const QUOTA = { permanent: false, retryAfterMs: 6 * HOUR, slowDown: true }

  it.each<[string, DeliveryError["options"]]>([
    ["E_VALIDATION_ERROR", PERMANENT],
    ["E_FIELD_MISSING", PERMANENT],
    ["E_TOO_MANY_RECIPIENTS", PERMANENT],
    ["E_TOO_MANY_ATTACHMENTS", PERMANENT],
    ["E_CONTENT_TOO_LARGE", PERMANENT],
    ["E_RECIPIENT_NOT_ALLOWED", PERMANENT],
    ["E_HEADER_NOT_ALLOWED", PERMANENT],
    ["E_HEADER_USE_API_FIELD", PERMANENT],
    ["E_HEADER_VALUE_INVALID", PERMANENT],
    ["E_HEADER_VALUE_TOO_LONG", PERMANENT],
    ["E_HEADER_NAME_INVALID", PERMANENT],
    ["E_HEADERS_TOO_LARGE", PERMANENT],
    ["E_HEADERS_TOO_MANY", PERMANENT],
    ["E_SENDER_NOT_VERIFIED", MISCONFIGURED],
    ["E_SENDER_DOMAIN_NOT_AVAILABLE", MISCONFIGURED],
    ["E_RATE_LIMIT_EXCEEDED", SLOW_DOWN],
    ["E_DAILY_LIMIT_EXCEEDED", QUOTA],
    ["E_DELIVERY_FAILED", TRANSIENT],
    ["E_INTERNAL_SERVER_ERROR", TRANSIENT],
    ["E_SOMETHING_NEW", TRANSIENT],
    ["toString", TRANSIENT],
  ])("is known by its code, which decides about a retry: %s", async (code, options) => {
    const failure = await errorFor(coded(code))
    expect({ message: failure.message, options: failure.options }).toEqual({ message: code, options })
  })

  it("for a suppressed address is a sentence for admins", async () => {
    const failure = await errorFor(coded("E_RECIPIENT_SUPPRESSED"))
    expect({ message: failure.message, options: failure.options }).toEqual({
      message: "the provider does not write to this address at present",
      options: PERMANENT,
    })
  })

  it("is a timeout after 15 seconds, and is transient", async () => {
    const clock = new AbortController()
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(clock.signal)
    vi.spyOn(env.EMAIL, "send").mockReturnValue(new Promise(() => {}))
    const failure = send().catch((error: unknown) => error)
    clock.abort()
    expect(await failure).toMatchObject({ message: "Email Service did not answer", options: { permanent: false } })
    expect(await failure).toBeInstanceOf(DeliveryError)
    expect(timeout).toHaveBeenCalledExactlyOnceWith(15_000)
  })

  it("is logged by its code if a setting is wrong", async () => {
    const written = vi.spyOn(console, "log").mockReturnValue()
    await errorFor(coded("E_DELIVERY_FAILED"))
    expect(written).not.toHaveBeenCalled()
    await errorFor(coded("E_SENDER_NOT_VERIFIED"))
    expect(written).toHaveBeenCalledExactlyOnceWith(
      '{"level":"error","event":"email_misconfigured","reason":"E_SENDER_NOT_VERIFIED"}',
    )
  })

  it.each<[string, unknown]>([
    ["without a code", new Error("alice@acme.test: network connection lost")],
    ["with a code that is not text", coded(7)],
    ["that is not an Error", "alice@acme.test"],
  ])("%s is transient, and its message, which may contain an address, is not kept", async (_, error) => {
    const failure = await errorFor(error)
    expect({ message: failure.message, options: failure.options }).toEqual({
      message: "email service error",
      options: TRANSIENT,
    })
  })
})
