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

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How long after the first try, the second, and so on. After the last there is no other. */
export const BACK_OFF_MS = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR]
const JITTER = 0.2
const MAX_DELAY_MS = 12 * HOUR

/** What becomes of a delivery whose try number `attempts` (from 1) failed. `random` is in [0, 1). */
export function nextAttempt(
  error: { permanent: boolean; retryAfterMs?: number | undefined },
  { attempts, now, random }: { attempts: number; now: number; random: number },
): { kind: "failed" } | { kind: "dead" } | { kind: "retry"; at: number } {
  if (error.permanent) return { kind: "failed" }
  const backOff = BACK_OFF_MS[attempts - 1]
  if (backOff === undefined) return { kind: "dead" }
  const jittered = backOff * (1 - JITTER + 2 * JITTER * random)
  return { kind: "retry", at: now + Math.round(Math.min(Math.max(jittered, error.retryAfterMs ?? 0), MAX_DELAY_MS)) }
}

/** Whether what answered with this status may yet take the same. */
export const isTransientStatus = (status: number) => status >= 500 || status === 408 || status === 429

/** A `Retry-After` header, in seconds or as a date, in milliseconds from now. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * SECOND : Date.parse(header) - now
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_DELAY_MS) : undefined
}
