import { AppError } from "./errors"

const WINDOW_SECONDS = 60

/** Throws if there were too many of this key in the last minute. wrangler.toml has the numbers. */
export async function requireWithinLimit(limit: RateLimit, key: string): Promise<void> {
  const { success } = await limit.limit({ key })
  if (!success) throw new AppError("rate_limited", "too many at once", { retryAfterSeconds: WINDOW_SECONDS })
}

/** Searches have a limit for each person. */
export const searchKey = ({ userId }: { userId: string }) => `person:${userId}`
