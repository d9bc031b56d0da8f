import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import { configuredProvider } from "../../../../src/delivery/channels/email/configured-provider"
import { configFrom } from "../../../../src/runtime/config"
import { fakeFetch } from "../../../support/fake-fetch"

const email = { to: "alice@acme.test", subject: "hello", text: "hello", html: "<p>hello</p>", headers: {} }
const providerWith = (changes: object) => configuredProvider(configFrom({ ...env, ...changes }), env.EMAIL)

it.each([
  ["cannot end a header", "Dalgo\r\nBcc: everybody@acme.test", "Dalgo Bcc: everybody@acme.test"],
  ["has no invisible characters", "Dal\u200bgo\u202e \u0007", "Dalgo"],
  ["may be in any script", "डाल्गो", "डाल्गो"],
])("the name in EMAIL_FROM_NAME %s, with either provider", async (_, name, expected) => {
  const send = vi.spyOn(env.EMAIL, "send").mockResolvedValue({ messageId: "cf-1" })
  await providerWith({ EMAIL_PROVIDER: "cloudflare", EMAIL_FROM_NAME: name }).send(email)
  expect(send.mock.calls[0]?.[0]).toMatchObject({ from: { email: "notifications@dalgo.test", name: expected } })

  const { requests } = fakeFetch(() => Response.json({ MessageId: "1" }))
  await providerWith({ EMAIL_PROVIDER: "ses", EMAIL_FROM_NAME: name }).send(email)
  const sent = await requests[0]?.json<{ FromEmailAddress: string }>()
  expect(sent?.FromEmailAddress).toMatch(/^(".*"|=\?UTF-8\?B\?[\w+/=]+\?=) <notifications@dalgo\.test>$/)
  expect(sent?.FromEmailAddress).not.toMatch(/[^ -~]/)
})

it.each(["Dalgo <notifications@dalgo.test>", "notifications@dalgo.test, x@dalgo.test", "dalgo", "a@b\r\nBcc: c@d"])(
  "EMAIL_FROM must be one address, not %j",
  (from) => {
    expect(() => providerWith({ EMAIL_FROM: from })).toThrow(
      "EMAIL_FROM is not usable: it must be one e-mail address and nothing else",
    )
  },
)
