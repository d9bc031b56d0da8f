import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { CloudflareEmail } from "../../src/delivery/channels/email/cloudflare"
import { DeliveryError } from "../../src/delivery/retry"

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
      if (refusal instanceof DeliveryError) return { message: refusal.message, permanent: refusal.options.permanent }
    }
    throw new Error("a DeliveryError was expected")
  }
  const coded = (code: unknown) => Object.assign(new Error("alice@acme.test was refused"), { code })

  it.each([
    "E_VALIDATION_ERROR",
    "E_FIELD_MISSING",
    "E_TOO_MANY_RECIPIENTS",
    "E_CONTENT_TOO_LARGE",
    "E_RECIPIENT_NOT_ALLOWED",
    "E_RECIPIENT_SUPPRESSED",
    "E_SENDER_NOT_VERIFIED",
    "E_SENDER_DOMAIN_NOT_AVAILABLE",
    "E_HEADER_NOT_ALLOWED",
    "E_HEADER_USE_API_FIELD",
    "E_HEADER_VALUE_INVALID",
    "E_HEADER_VALUE_TOO_LONG",
    "E_HEADER_NAME_INVALID",
    "E_HEADERS_TOO_LARGE",
    "E_HEADERS_TOO_MANY",
  ])("that another try cannot mend is permanent: %s", async (code) => {
    expect(await refusing(coded(code))).toEqual({ message: code, permanent: true })
  })

  it.each([
    "E_RATE_LIMIT_EXCEEDED",
    "E_DAILY_LIMIT_EXCEEDED",
    "E_DELIVERY_FAILED",
    "E_INTERNAL_SERVER_ERROR",
    "E_SOMETHING_NEW",
  ])("that may pass is tried again: %s", async (code) => {
    expect(await refusing(coded(code))).toEqual({ message: code, permanent: false })
  })

  it.each<[string, unknown]>([
    ["without a code", new Error("alice@acme.test: network connection lost")],
    ["with a code that is no text", coded(7)],
    ["that is no error", "alice@acme.test"],
  ])("%s is tried again, and its words, which may name somebody, are not kept", async (_, error) => {
    expect(await refusing(error)).toEqual({ message: "email service error", permanent: false })
  })
})
