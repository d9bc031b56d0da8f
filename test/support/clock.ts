export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/**
 * When it is for a test that sets the clock. It is years ahead, since only `Date` is set: alarms of Durable Objects keep
 * the true time, and one that was set for a day gone by would go off over and over.
 */
export const NOON = Date.UTC(2050, 10, 20, 12)
