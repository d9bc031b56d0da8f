import { MAX_DELAY_MS } from "./backoff"

/** Whether the same request may succeed later. */
export const isTransientStatus = (status: number) => status >= 500 || status === 408 || status === 429

/** A `Retry-After` header (seconds or an HTTP date) as milliseconds from now, at most `MAX_DELAY_MS`. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_DELAY_MS) : undefined
}
