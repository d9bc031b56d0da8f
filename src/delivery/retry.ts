import { MAX_DELAY_MS, RETRY_DELAYS_MS } from "../runtime/backoff"

/**
 * Why something could not be delivered. `permanent`: trying again cannot help. `slowDown`: whoever is told next would
 * get the same answer.
 */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError"

  constructor(
    message: string,
    readonly options: { permanent: boolean; retryAfterMs?: number | undefined; slowDown?: boolean },
  ) {
    super(message)
  }
}

const JITTER = 0.2

/** What becomes of a delivery whose try number `attempts` (from 1) failed. `random` is in [0, 1). */
export function nextAttempt(
  error: { permanent: boolean; retryAfterMs?: number | undefined },
  { attempts, now, random }: { attempts: number; now: number; random: number },
): { kind: "failed" } | { kind: "dead" } | { kind: "retry"; at: number } {
  if (error.permanent) return { kind: "failed" }
  const delay = RETRY_DELAYS_MS[attempts - 1]
  if (delay === undefined) return { kind: "dead" }
  const jittered = delay * (1 - JITTER + 2 * JITTER * random)
  return { kind: "retry", at: now + Math.round(Math.min(Math.max(jittered, error.retryAfterMs ?? 0), MAX_DELAY_MS)) }
}

/** Whether what answered with this status may yet take the same. */
export const isTransientStatus = (status: number) => status >= 500 || status === 408 || status === 429

/** A `Retry-After` header, in seconds or as a date, in milliseconds from now. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_DELAY_MS) : undefined
}
