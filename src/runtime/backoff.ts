const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How long to wait after the first failed attempt, after the second, and so on. */
export const RETRY_DELAYS_MS = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR] as const

/** How long deliveries wait for a setting to be corrected. Seven attempts take a day. */
export const MISCONFIGURED_DELIVERY_DELAY_MS = 4 * HOUR

/** The same for events, whose waiting does not count as an attempt. */
export const MISCONFIGURED_EVENT_DELAY_MS = 5 * MINUTE

/** Caps every delay, also one that a `Retry-After` asks for. */
export const MAX_DELAY_MS = 12 * HOUR

/**
 * How long a claimed row belongs to the worker that claimed it. Each is longer than the claimed work can take, so that
 * an expired lease means that its worker died.
 */
export const LEASE_MS = { delivery: 5 * MINUTE, event: 2 * MINUTE, fanOut: MINUTE, summary: MINUTE } as const

/** The delay after which the cron enqueues a new row again, in case its queue message was lost. */
export const SWEEP_AFTER_MS = MINUTE
