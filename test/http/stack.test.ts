import { expect, it } from "vitest"
import { errorName, topFrames } from "../../src/runtime/log"
import { configFrom } from "../../src/runtime/config"

it("logs the places of an error and nothing of its message, even where that looks like a stack", () => {
  const where = topFrames(new Error("refused\n    at payroll.Anna(anna@acme.test:1)"))
  expect(where).toContain("stack.test.ts")
  expect(where).not.toContain("anna")
})

it("names a setting that cannot be used, and not its value", () => {
  let thrown: unknown
  try {
    configFrom({ EMAIL_PROVIDER: "pigeon" } as unknown as Env)
  } catch (error) {
    thrown = error
  }
  expect(errorName(thrown)).toBe("cannot be used: EMAIL_PROVIDER")
})
