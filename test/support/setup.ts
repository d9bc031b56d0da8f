import { applyD1Migrations, reset } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, vi } from "vitest"
import { clearMembershipCache } from "../../src/auth/membership"
import { seed, settle } from "./people"

// A run that fell back to Node would pass without having tested anything.
if (navigator.userAgent !== "Cloudflare-Workers") throw new Error("these tests run in workerd only")

/** On a busy machine this version of the pool's `reset` now and then leaves the database as it was. */
async function empty(): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    await reset()
    const left = await env.DB.prepare("SELECT name FROM sqlite_master WHERE name = 'orgs'").first()
    if (!left) return
  }
  throw new Error("the database cannot be emptied")
}

beforeEach(async () => {
  await empty()
  clearMembershipCache()
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  await seed()
})

afterEach(async () => {
  await settle()
  vi.restoreAllMocks()
  vi.useRealTimers()
})
