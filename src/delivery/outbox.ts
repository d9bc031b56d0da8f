import { type SQL, sql } from "drizzle-orm"
import {
  type Channel,
  CHAT_PRODUCTS,
  OUTGOING_CHANNELS,
  type OutgoingChannel,
  PLATFORM_ADMIN_CHANNELS,
} from "../domain/channels"
import type { DeferCause } from "../domain/delivery-rules"
import type { Db } from "../db/client"
import { insertSelect } from "../db/insert-select"
import { deliveries } from "../db/schema"
import type { Deps } from "../deps"
import { MAX_DELAY_MS, RETRY_DELAYS_MS, SWEEP_AFTER_MS } from "../runtime/backoff"
import { errorName, log } from "../runtime/log"
import { sendDeliveries } from "../runtime/queue-lanes"
import type { DeliveryMessage } from "../runtime/queue-messages"
import * as queries from "./queries"

/** Recipients that one consumer claims, sends to and records together. */
const RECIPIENTS_PER_MESSAGE = 50
const MAX_PER_SWEEP = 5_000

const WITHOUT_DELAY = OUTGOING_CHANNELS.filter((channel) => channel !== "email")

type Suppressed = { orgUserId: number; reason: string; since: number | null }

/** The recipients of each channel. */
export type Outbox = Partial<Record<OutgoingChannel, number[]>>

/**
 * One pending row for each recipient of the notification that `notification` selects. The sweep finds a row at its
 * `due_at` if its queue message is lost. Every chunk of a fan-out may name the same chat webhook: the first row stays.
 * A delivery to the platform admins has no `org_id`, so that no organisation lists it.
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

/** Rows with the reason why the notification did not enter a person's inbox. */
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

/** A message to one person that leaves at `dueAt` and not before. */
export type Deferred = {
  channel: Exclude<Channel, "inbox">
  recipientId: number
  /** Milliseconds since 1970. */
  dueAt: number
  cause: DeferCause
}

/**
 * Rows for deferred messages. The cause is their `reason`, and `claimDeliveries` takes a row that has a reason only when
 * it is due: a queue message that comes early, for example because a summary is ready, finds nothing to claim.
 */
export const insertDeferred = (
  db: Db,
  { notification, deferred, now }: { notification: SQL; deferred: Deferred[]; now: number },
) => {
  const rows = deferred.map(({ channel, recipientId, dueAt, cause }) => [channel, recipientId, dueAt, cause])
  return insertSelect(db, deliveries, {
    values: {
      notificationId: sql`n.id`,
      channel: sql`message.value ->> 0`,
      recipientId: sql`message.value ->> 1`,
      status: "pending",
      reason: sql`message.value ->> 3`,
      createdAt: now,
      updatedAt: now,
      dueAt: sql`message.value ->> 2`,
      orgId: sql`n.org_id`,
    },
    from: sql`${notification} n, json_each(${JSON.stringify(rows)}) message`,
  })
}

/** Sends queue messages for committed rows. If that fails, the sweep finds the rows when they are due. */
export async function enqueueDeliveries(
  deps: Deps,
  rows: queries.PendingDelivery[],
  { delaySeconds = 0 }: { delaySeconds?: number } = {},
): Promise<void> {
  const messages = [...Map.groupBy(rows, ({ notificationId, channel }) => `${notificationId} ${channel}`).values()]
    .flatMap((group) => chunksOf(group, RECIPIENTS_PER_MESSAGE))
    .flatMap(toMessage)
  try {
    await sendDeliveries(deps, messages, { delaySeconds })
  } catch (error) {
    log({ event: "enqueue_failed", queue: "dalgo-deliveries", reason: errorName(error), count: rows.length })
  }
}

/** Sends queue messages for the rows of `insertOutbox`. Messages for e-mail are delayed until `emailDueAt`. */
export async function enqueueOutbox(
  deps: Deps,
  {
    notificationId,
    orgId,
    outbox,
    emailDueAt,
  }: { notificationId: number; orgId: number | null; outbox: Outbox; emailDueAt: number | null },
): Promise<void> {
  const rowsOf = (channel: OutgoingChannel) =>
    (outbox[channel] ?? []).map((recipientId) => ({ notificationId, channel, recipientId, orgId }))
  const delaySeconds = emailDueAt === null ? 0 : Math.max(0, Math.ceil((emailDueAt - deps.now()) / 1000))
  await Promise.all([
    enqueueDeliveries(deps, rowsOf("email"), { delaySeconds }),
    enqueueDeliveries(deps, WITHOUT_DELAY.flatMap(rowsOf)),
  ])
}

/** The same for deferred rows. The sweep finds those that are due later than a queue message may be delayed. */
export async function enqueueDeferred(
  deps: Deps,
  { notificationId, orgId, deferred }: { notificationId: number; orgId: number | null; deferred: Deferred[] },
): Promise<void> {
  const now = deps.now()
  const soon = deferred.filter(({ dueAt }) => dueAt - now <= MAX_DELAY_MS)
  for (const [dueAt, rows] of Map.groupBy(soon, (row) => row.dueAt)) {
    const keys = rows.map(({ channel, recipientId }) => ({ notificationId, channel, recipientId, orgId }))
    await enqueueDeliveries(deps, keys, { delaySeconds: Math.max(0, Math.ceil((dueAt - now) / 1000)) })
  }
}

/** One message for rows of one notification and one channel. The inbox needs no delivery. */
function toMessage(rows: queries.PendingDelivery[]): { body: DeliveryMessage; orgId: number }[] {
  const [first] = rows
  if (!first || first.channel === "inbox") return []
  const { notificationId, channel, orgId } = first
  const body = { channel, notificationId, recipientIds: rows.map((row) => row.recipientId) }
  return [{ body, orgId: orgId ?? 0 }]
}

/** Sends the e-mails that were held back for a summary, before they are due. */
export async function enqueueHeldEmails(deps: Deps, { notificationId }: { notificationId: number }): Promise<void> {
  await enqueueDeliveries(deps, await queries.selectUntriedEmails(deps.db, { notificationId }))
}

/** Starts a failed or dead delivery again, with all its attempts. `false` if it is neither (any more). */
export async function requeueDelivery(deps: Deps, key: queries.DeliveryKey): Promise<boolean> {
  const reset = await queries.resetDelivery(deps.db, { ...key, now: deps.now() })
  await enqueueDeliveries(deps, reset)
  return reset.length > 0
}

/**
 * Sends queue messages for overdue rows: the first message was lost, a retry is due, or the worker died. Organisations are
 * taken in turn, so that the backlog of one does not hold up the others.
 */
export async function sweepDeliveries(deps: Deps): Promise<void> {
  const now = deps.now()
  const [, overdue] = await deps.db.batch([
    queries.markDead(deps.db, { maxAttempts: RETRY_DELAYS_MS.length + 1, now, limit: MAX_PER_SWEEP }),
    queries.selectOverdue(deps.db, { now, limit: MAX_PER_SWEEP }),
  ])
  await enqueueDeliveries(deps, overdue.map(queries.toPendingDelivery))
}

function chunksOf<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
