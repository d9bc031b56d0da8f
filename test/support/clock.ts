export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/**
 * For tests that set the clock. Only `Date` is faked: alarms of Durable Objects use the real time, and an alarm in the
 * past would run again and again. This date is therefore years ahead.
 */
export const NOON = Date.UTC(2050, 10, 20, 12)
