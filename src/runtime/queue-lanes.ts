import type { DeliveryMessage, SignalMessage } from "./queue-messages"

/** Limit of Queues. */
const MESSAGES_PER_BATCH = 100
/** The rest of a big notification, or of a backlog, takes the bulk lane. */
const MAX_NORMAL_PER_SEND = 2

type Producer<Message> = Pick<Queue<Message>, "send" | "sendBatch">
type Lanes<Message> = { normal: Producer<Message>; bulk: Producer<Message>; share: RateLimit }

/** `orgId` 0 stands for the platform; `undefined`: not known yet. */
type Share = { orgId: number | undefined }
type Outgoing<Message> = Share & { body: Message }

type SignalQueues = { signals: Producer<SignalMessage>; signalsBulk: Producer<SignalMessage>; queueShare: RateLimit }
type DeliveryQueues = {
  deliveries: Producer<DeliveryMessage>
  deliveriesBulk: Producer<DeliveryMessage>
  queueShare: RateLimit
}
type Delay = { delaySeconds?: number }

/** Sends to `dalgo-signals`, each organisation within its share, and the rest to `dalgo-signals-bulk`. */
export const sendSignals = (
  { signals: normal, signalsBulk: bulk, queueShare: share }: SignalQueues,
  messages: Outgoing<SignalMessage>[],
  { delaySeconds = 0 }: Delay = {},
): Promise<void> => sendInLanes({ normal, bulk, share }, messages, (body) => body.kind, delaySeconds)

/** The same for `dalgo-deliveries`. */
export const sendDeliveries = (
  { deliveries: normal, deliveriesBulk: bulk, queueShare: share }: DeliveryQueues,
  messages: Outgoing<DeliveryMessage>[],
  { delaySeconds = 0 }: Delay = {},
): Promise<void> => sendInLanes({ normal, bulk, share }, messages, () => "delivery", delaySeconds)

/**
 * Whether this organisation may send one more message of this kind in the normal lane. `QUEUE_SHARE` in wrangler.toml has
 * the number. Without an answer it may.
 */
export async function isWithinShare(
  { queueShare }: { queueShare: RateLimit },
  { kind, orgId }: { kind: string; orgId: number },
): Promise<boolean> {
  try {
    return (await queueShare.limit({ key: `${kind}:${orgId}` })).success
  } catch {
    return true
  }
}

/** Sends messages in batches, in both lanes with organisations in turn. Throws if a queue does not accept them. */
async function sendInLanes<Message>(
  { normal, bulk, share }: Lanes<Message>,
  messages: Outgoing<Message>[],
  kindOf: (body: Message) => string,
  delaySeconds: number,
): Promise<void> {
  const inNormal: Outgoing<Message>[] = []
  const inBulk: Outgoing<Message>[] = []
  const left = new Map<string, number>()
  for (const message of inTurn(messages)) {
    const { orgId } = message
    const kind = kindOf(message.body)
    const key = `${kind}:${orgId}`
    const allowed = left.get(key) ?? MAX_NORMAL_PER_SEND
    const isNormal =
      orgId === undefined || (allowed > 0 && (await isWithinShare({ queueShare: share }, { kind, orgId })))
    left.set(key, isNormal ? allowed - 1 : 0)
    ;(isNormal ? inNormal : inBulk).push(message)
  }
  await sendAll(normal, inNormal, delaySeconds)
  await sendAll(bulk, inBulk, delaySeconds)
}

async function sendAll<Message>(
  queue: Producer<Message>,
  messages: Outgoing<Message>[],
  delaySeconds: number,
): Promise<void> {
  for (let i = 0; i < messages.length; i += MESSAGES_PER_BATCH) {
    const batch = messages.slice(i, i + MESSAGES_PER_BATCH).map(({ body }) => ({ body }))
    await queue.sendBatch(batch, { delaySeconds })
  }
}

/** The first of each organisation, then the second of each, and so on. */
export function inTurn<Item extends { orgId: number | null | undefined }>(items: Item[]): Item[] {
  const turns: Item[][] = []
  for (const ofOrg of Map.groupBy(items, ({ orgId }) => orgId).values()) {
    for (const [turn, item] of ofOrg.entries()) (turns[turn] ??= []).push(item)
  }
  return turns.flat()
}
