import { env } from "cloudflare:workers"
import { afterEach, beforeEach, vi } from "vitest"
import { clearMembershipCache } from "../../src/auth/membership"
import { renewBars, resetDatabase } from "./reset-database"
import { waitForBackgroundWork } from "./people"

// A run that fell back to Node would pass without having tested anything.
if (navigator.userAgent !== "Cloudflare-Workers") throw new Error("these tests run in workerd only")

beforeEach(async () => {
  clearMembershipCache()
  // The counts of a limiter outlive a test.
  for (const limiter of [env.QUEUE_SHARE, env.CONNECT_LIMIT, env.SEARCH_LIMIT]) {
    vi.spyOn(limiter, "limit").mockResolvedValue({ success: true })
  }
  await resetDatabase()
})

afterEach(async () => {
  await waitForBackgroundWork()
  await renewBars()
  vi.restoreAllMocks()
  vi.useRealTimers()
})
