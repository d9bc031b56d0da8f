import { applyD1Migrations, reset } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, vi } from "vitest"
import { forgetAll } from "../../src/orgs/membership"
import { seed, settle } from "./people"

// A run that fell back to Node would pass without having tested anything.
if (navigator.userAgent !== "Cloudflare-Workers") throw new Error("these tests run in workerd only")

beforeEach(async () => {
  await reset()
  forgetAll()
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  await seed()
})

afterEach(async () => {
  await settle()
  vi.restoreAllMocks()
  vi.useRealTimers()
})
