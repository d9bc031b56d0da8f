import { MAX_DELAY_MS, RETRY_DELAYS_MS } from "../runtime/backoff"

/**
 * A delivery that the outside world refused. `permanent`: another attempt cannot succeed. `slowDown`: the provider
 * would refuse the next delivery as well.
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

/** Each delay varies by up to this share, so that deliveries that failed together are not retried together. */
const JITTER = 0.2

/** The next step after the failed attempt number `attempts` (from 1). `random` is in [0, 1). */
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
