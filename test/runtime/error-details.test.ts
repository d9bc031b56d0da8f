import { expect, it } from "vitest"
import { errorName, topFrames } from "../../src/runtime/log"
import { configFrom } from "../../src/runtime/config"

it("logs the stack of an error without its message, even if the message looks like a stack", () => {
  const stack = topFrames(new Error("refused\n    at payroll.Anna(anna@acme.test:1)"))
  expect(stack).toContain("error-details.test.ts")
  expect(stack).not.toContain("anna")
})

it("names an invalid setting without its value", async () => {
  const readBadProvider = async () => configFrom({ EMAIL_PROVIDER: "pigeon" } as unknown as Env).EMAIL_PROVIDER
  expect(errorName(await readBadProvider().catch((error: unknown) => error))).toBe(
    "EMAIL_PROVIDER is not usable: it must be cloudflare or ses",
  )
})
