import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { inTurn, isWithinShare } from "../runtime/queue-lanes"
import type { SignalMessage } from "../runtime/queue-messages"
import { identifyOrgs } from "./prefect/identify-orgs"

/** What one invocation of a worker can process. A bigger batch of the normal lane is a burst. */
const MAX_PER_INVOCATION = 10

/**
 * Divides a batch of the normal lane: returns the messages to be processed now, and sends the others to the bulk lane.
 * A batch that one invocation can process stays as it is, and costs nothing more.
 *
 * 1. Find the organisations of Prefect's events, all at once. Without an answer, leave the batch as it is.
 * 2. Acknowledge what is over. Take the rest in turn: what had its share when it was sent, and of the events whose
 *    organisation is known only now, those within its share.
 * 3. Send the others to the bulk lane, and acknowledge them here. If that fails, process all of them here.
 */
export async function divideBurst(
  deps: Deps,
  messages: readonly Message<SignalMessage>[],
): Promise<readonly Message<SignalMessage>[]> {
  if (messages.length <= MAX_PER_INVOCATION) return messages
  const eventIds = messages.flatMap(({ body }) => (body.kind === "prefect" ? body.eventId : []))
  const events = await identifyOrgs(deps, { eventIds }).catch(() => undefined)
  if (!events) return messages

  const open = messages.flatMap((message) => {
    const { body } = message
    if (body.kind !== "prefect") return { message, orgId: undefined, isNew: false }
    const event = events.get(body.eventId)
    if (!event) message.ack()
    return event ? { message, ...event } : []
  })
  const now: Message<SignalMessage>[] = []
  const later: Message<SignalMessage>[] = []
  const usedUp = new Set<number>()
  for (const { message, orgId, isNew } of inTurn(open)) {
    const isNow = now.length < MAX_PER_INVOCATION && (!isNew || (await takeShare(deps, { orgId, usedUp })))
    ;(isNow ? now : later).push(message)
  }
  return (await sendToBulkLane(deps, later)) ? now : open.map(({ message }) => message)
}

/** Once an organisation has used up its share, it is not asked for again. */
async function takeShare(
  deps: Deps,
  { orgId, usedUp }: { orgId: number | undefined; usedUp: Set<number> },
): Promise<boolean> {
  if (orgId === undefined) return true
  if (usedUp.has(orgId)) return false
  const isWithin = await isWithinShare(deps, { kind: "prefect", orgId })
  if (!isWithin) usedUp.add(orgId)
  return isWithin
}

async function sendToBulkLane(deps: Deps, messages: Message<SignalMessage>[]): Promise<boolean> {
  if (messages.length === 0) return true
  try {
    await deps.signalsBulk.sendBatch(messages.map(({ body }) => ({ body })))
  } catch (error) {
    log({ event: "enqueue_failed", queue: "dalgo-signals-bulk", reason: errorName(error), count: messages.length })
    return false
  }
  for (const message of messages) message.ack()
  return true
}
