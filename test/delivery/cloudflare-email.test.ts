import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { CloudflareEmail } from "../../src/delivery/channels/email/cloudflare"
import { DeliveryError } from "../../src/delivery/retry"
import { HOUR } from "../support/clock"

const email = {
  to: "alice@acme.test",
  subject: "[Acme] Job Failures: broke",
  text: "broke",
  html: "<p>broke</p>",
  headers: { "List-Unsubscribe": "<https://dalgo.test/u>" },
}
const from = { email: "notifications@dalgo.test", name: "Dalgo" }
const sending = () => new CloudflareEmail(env.EMAIL, from).send(email)

it("gives Cloudflare one mail to one person, and keeps its id", async () => {
  const send = vi.spyOn(env.EMAIL, "send").mockResolvedValue({ messageId: "cf-1" })
  expect(await sending()).toEqual({ providerId: "cf-1" })
  expect(send).toHaveBeenCalledExactlyOnceWith({ from, ...email })
})

describe("an error", () => {
  const refusing = async (error: unknown) => {
    vi.spyOn(env.EMAIL, "send").mockRejectedValue(error)
    try {
      await sending()
    } catch (refusal) {
      if (refusal instanceof DeliveryError) return refusal
    }
    throw new Error("a DeliveryError was expected")
  }
  const coded = (code: unknown) => Object.assign(new Error("alice@acme.test was refused"), { code })

  const FOR_GOOD = { permanent: true, retryAfterMs: undefined }
  const SOON = { permanent: false, retryAfterMs: undefined }
  const SLOWER = { permanent: false, retryAfterMs: undefined, slowDown: true }
  const WHEN_MENDED = { permanent: false, retryAfterMs: 4 * HOUR, slowDown: true }
  const ANOTHER_DAY = { permanent: false, retryAfterMs: 6 * HOUR, slowDown: true }

  it.each<[string, DeliveryError["options"]]>([
    ["E_VALIDATION_ERROR", FOR_GOOD],
    ["E_FIELD_MISSING", FOR_GOOD],
    ["E_TOO_MANY_RECIPIENTS", FOR_GOOD],
    ["E_TOO_MANY_ATTACHMENTS", FOR_GOOD],
    ["E_CONTENT_TOO_LARGE", FOR_GOOD],
    ["E_RECIPIENT_NOT_ALLOWED", FOR_GOOD],
    ["E_HEADER_NOT_ALLOWED", FOR_GOOD],
    ["E_HEADER_USE_API_FIELD", FOR_GOOD],
    ["E_HEADER_VALUE_INVALID", FOR_GOOD],
    ["E_HEADER_VALUE_TOO_LONG", FOR_GOOD],
    ["E_HEADER_NAME_INVALID", FOR_GOOD],
    ["E_HEADERS_TOO_LARGE", FOR_GOOD],
    ["E_HEADERS_TOO_MANY", FOR_GOOD],
    ["E_SENDER_NOT_VERIFIED", WHEN_MENDED],
    ["E_SENDER_DOMAIN_NOT_AVAILABLE", WHEN_MENDED],
    ["E_RATE_LIMIT_EXCEEDED", SLOWER],
    ["E_DAILY_LIMIT_EXCEEDED", ANOTHER_DAY],
    ["E_DELIVERY_FAILED", SOON],
    ["E_INTERNAL_SERVER_ERROR", SOON],
    ["E_SOMETHING_NEW", SOON],
    ["toString", SOON],
  ])("is kept by its code, and tried again or not: %s", async (code, options) => {
    const refusal = await refusing(coded(code))
    expect({ message: refusal.message, options: refusal.options }).toEqual({ message: code, options })
  })

  it("of an address that is not written to, for a day or for ever, says so in words", async () => {
    const refusal = await refusing(coded("E_RECIPIENT_SUPPRESSED"))
    expect({ message: refusal.message, options: refusal.options }).toEqual({
      message: "the provider does not write to this address at present",
      options: FOR_GOOD,
    })
  })

  it("is silence for a quarter of a minute, and is tried again", async () => {
    const clock = new AbortController()
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(clock.signal)
    vi.spyOn(env.EMAIL, "send").mockReturnValue(new Promise(() => {}))
    const refusal = sending().catch((error: unknown) => error)
    clock.abort()
    expect(await refusal).toMatchObject({ message: "Email Service did not answer", options: { permanent: false } })
    expect(await refusal).toBeInstanceOf(DeliveryError)
    expect(timeout).toHaveBeenCalledExactlyOnceWith(15_000)
  })

  it("of a setting is written to the log, by its code", async () => {
    const said = vi.spyOn(console, "log").mockReturnValue()
    await refusing(coded("E_DELIVERY_FAILED"))
    expect(said).not.toHaveBeenCalled()
    await refusing(coded("E_SENDER_NOT_VERIFIED"))
    expect(said).toHaveBeenCalledExactlyOnceWith('{"event":"email_misconfigured","reason":"E_SENDER_NOT_VERIFIED"}')
  })

  it.each<[string, unknown]>([
    ["without a code", new Error("alice@acme.test: network connection lost")],
    ["with a code that is no text", coded(7)],
    ["that is no error", "alice@acme.test"],
  ])("%s is tried again, and its words, which may name somebody, are not kept", async (_, error) => {
    const refusal = await refusing(error)
    expect({ message: refusal.message, options: refusal.options }).toEqual({
      message: "email service error",
      options: SOON,
    })
  })
})
