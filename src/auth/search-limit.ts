import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"

/** The period of `SEARCH_LIMIT` in wrangler.toml. */
const WINDOW_SECONDS = 60

/** Counts one search of this person. Throws `rate_limited` if there were too many. */
export async function countSearch({ searchRateLimit: limit }: Deps, { userId }: { userId: string }): Promise<void> {
  const { success } = await limit.limit({ key: `person:${userId}` })
  if (!success) throw new AppError("rate_limited", "too many at once", { retryAfterSeconds: WINDOW_SECONDS })
}
