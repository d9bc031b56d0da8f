/** What a person may send at once, over all their sockets. A page of ours sends one message for each connection. */
const MESSAGES_AT_ONCE = 60
/** Afterwards, one more for each of these. */
const MS_PER_MESSAGE = 5_000

/**
 * Counts one message. `spentUntil` is when everything that was spent will be restored: each message moves it on, and a
 * message that would move it too far is refused with `undefined`. One number is a whole token bucket, and of several copies
 * the latest counts.
 */
export function spendMessage(spentUntil: number, now: number): number | undefined {
  const next = Math.max(spentUntil, now) + MS_PER_MESSAGE
  return next <= now + MESSAGES_AT_ONCE * MS_PER_MESSAGE ? next : undefined
}
