import { type SQL, sql } from "drizzle-orm"
import { PLATFORM_ADMIN_CHANNELS, OUTGOING_CHANNELS, type OutgoingChannel, CHAT_PRODUCTS } from "../domain/channels"
import type { Db } from "../db/client"
import { insertSelect } from "../db/insert-select"
import { deliveries } from "../db/schema"
import type { Deps } from "../deps"
import { RETRY_DELAYS_MS, SWEEP_AFTER_MS } from "../runtime/backoff"
import { errorName, log } from "../runtime/log"
import type { DeliveryMessage } from "../runtime/queue-messages"
import * as queries from "./queries"

/** Recipients per message: what one consumer claims, sends and records together. */
const RECIPIENTS_PER_MESSAGE = 50
/** What `sendBatch` takes at once. */
const MESSAGES_PER_BATCH = 100
const MAX_PER_SWEEP = 5_000

const WITHOUT_DELAY = OUTGOING_CHANNELS.filter((channel) => channel !== "email")

type Suppressed = { orgUserId: number; reason: string; since: number | null }

/** Whom to tell by what: the recipients of each channel. */
export type Outbox = Partial<Record<OutgoingChannel, number[]>>

/**
 * Rows for what leaves, about the notification that `notification` selects. If nobody hints, the sweep finds them when
 * they are due. A room is written once, though every chunk of a fan-out may come by it. What those who run the platform
 * are told is nobody's: no organisation sees it in its list.
 */
export const insertOutbox = (
  db: Db,
  {
    notification,
    outbox,
    now,
    emailDueAt,
  }: { notification: SQL; outbox: Outbox; now: number; emailDueAt: number | null },
) =>
  insertSelect(db, deliveries, {
    values: {
      notificationId: sql`n.id`,
      channel: sql`channel.key`,
      recipientId: sql`recipient.value`,
      status: "pending",
      createdAt: now,
      updatedAt: now,
      dueAt: sql`CASE channel.key WHEN 'email' THEN ${emailDueAt ?? now + SWEEP_AFTER_MS} ELSE ${now + SWEEP_AFTER_MS} END`,
      orgId: sql`CASE
        WHEN channel.key IN ${[...CHAT_PRODUCTS]} THEN recipient.value
        WHEN channel.key NOT IN ${[...PLATFORM_ADMIN_CHANNELS]} THEN n.org_id
      END`,
    },
    from: sql`${notification} n, json_each(${JSON.stringify(withoutEmpty(outbox))}) channel, json_each(channel.value) recipient
      WHERE true`,
  }).onConflictDoNothing()

const withoutEmpty = (outbox: Outbox): Outbox =>
  Object.fromEntries(Object.entries(outbox).filter(([, recipientIds]) => recipientIds.length > 0))

/** Rows that say why somebody was not told at all. */
export const insertSuppressed = (
  db: Db,
  { notification, people, now }: { notification: SQL; people: Suppressed[]; now: number },
) =>
  insertSelect(db, deliveries, {
    values: {
      notificationId: sql`n.id`,
      channel: "inbox",
      recipientId: sql`person.value ->> 0`,
      status: "suppressed",
      reason: sql`person.value ->> 1`,
      since: sql`person.value ->> 2`,
      createdAt: now,
      updatedAt: now,
      orgId: sql`n.org_id`,
    },
    from: sql`${notification} n, json_each(${JSON.stringify(people.map((p) => [p.orgUserId, p.reason, p.since]))}) person`,
  })

/** Tells the consumer of rows that are committed. A lost hint is no loss: the sweep finds them. */
export async function enqueueDeliveries(
  deps: Deps,
  rows: queries.DeliveryKey[],
  { delaySeconds = 0 }: { delaySeconds?: number } = {},
): Promise<void> {
  const messages = [...Map.groupBy(rows, ({ notificationId, channel }) => `${notificationId} ${channel}`).values()]
    .flatMap((alike) => chunksOf(alike, RECIPIENTS_PER_MESSAGE))
    .flatMap(toMessage)
  try {
    for (const batch of chunksOf(messages, MESSAGES_PER_BATCH)) await deps.deliveries.sendBatch(batch, { delaySeconds })
  } catch (error) {
    log({ event: "hint_lost", reason: errorName(error), count: rows.length })
  }
}

/** The same of what `insertOutbox` wrote; e-mail is told when it is due. */
export async function enqueueOutbox(
  deps: Deps,
  { notificationId, outbox, emailDueAt }: { notificationId: number; outbox: Outbox; emailDueAt: number | null },
): Promise<void> {
  const rowsOf = (channel: OutgoingChannel) =>
    (outbox[channel] ?? []).map((recipientId) => ({ notificationId, channel, recipientId }))
  const delaySeconds = emailDueAt === null ? 0 : Math.max(0, Math.ceil((emailDueAt - deps.now()) / 1000))
  await Promise.all([
    enqueueDeliveries(deps, rowsOf("email"), { delaySeconds }),
    enqueueDeliveries(deps, WITHOUT_DELAY.flatMap(rowsOf)),
  ])
}

/** One message for rows of one notification and one channel; none for the inbox, which nobody delivers. */
function toMessage(rows: queries.DeliveryKey[]): { body: DeliveryMessage }[] {
  const [first] = rows
  if (!first || first.channel === "inbox") return []
  const { notificationId, channel } = first
  return [{ body: { channel, notificationId, recipientIds: rows.map((row) => row.recipientId) } }]
}

/** Sends the mails that waited for something which has come. */
export async function enqueueHeldEmails(deps: Deps, { notificationId }: { notificationId: number }): Promise<void> {
  await enqueueDeliveries(deps, await queries.selectUntriedEmails(deps.db, { notificationId }))
}

/** Begins anew with what was given up on; `false` if it was not, or somebody else was first. */
export async function retryDelivery(deps: Deps, key: queries.DeliveryKey): Promise<boolean> {
  const back = await queries.resetDelivery(deps.db, { ...key, now: deps.now() })
  await enqueueDeliveries(deps, back)
  return back.length > 0
}

/** Hints again at what is overdue: its hint was lost, its retry is due, or its sender died. */
export async function sweepDeliveries(deps: Deps): Promise<void> {
  const now = deps.now()
  const [, overdue] = await deps.db.batch([
    queries.markDead(deps.db, { tries: RETRY_DELAYS_MS.length + 1, now, limit: MAX_PER_SWEEP }),
    queries.selectOverdue(deps.db, { now, limit: MAX_PER_SWEEP }),
  ])
  await enqueueDeliveries(deps, overdue)
}

function chunksOf<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
