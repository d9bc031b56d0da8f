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
 * 1. Find the organisations of those of Prefect's events that name none, all at once.
 * 2. Take those within the share of their organisation in turn with the others, which had their share when they were sent.
 * 3. Send the rest to the bulk lane, and acknowledge it here. If that fails, process all of it here.
 */
export async function divideBurst(
  deps: Deps,
  messages: readonly Message<SignalMessage>[],
): Promise<readonly Message<SignalMessage>[]> {
  if (messages.length <= MAX_PER_INVOCATION) return messages
  const eventIds = messages.flatMap(({ body }) => (body.kind === "prefect" ? body.eventId : []))
  const orgIds = await identifyOrgs(deps, { eventIds }).catch(() => new Map<number, number>())

  const withOrg = messages.map((message) => ({ message, orgId: orgIdOf(message.body, orgIds) }))
  const now: Message<SignalMessage>[] = []
  const later: Message<SignalMessage>[] = []
  const usedUp = new Set<number>()
  for (const { message, orgId } of inTurn(withOrg)) {
    const isNow = now.length < MAX_PER_INVOCATION && (await mayProcess(deps, { orgId, usedUp }))
    ;(isNow ? now : later).push(message)
  }
  return (await sendToBulkLane(deps, later)) ? now : messages
}

const orgIdOf = (body: SignalMessage, orgIds: Map<number, number>) =>
  body.kind === "prefect" ? orgIds.get(body.eventId) : undefined

/** Once an organisation has used up its share, it is not asked for again. */
async function mayProcess(
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
