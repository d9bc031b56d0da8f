import type { Category } from "../domain/categories"
import { commit, type Db, type Statement } from "../db/client"
import type { Notification } from "../db/schema"
import { enqueueOutbox, insertOutbox, insertSuppressed, type Outbox } from "../delivery/outbox"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { type Addressee, selectAddressees, toAddressees } from "./audience"
import { type Plan, planDeliveries } from "./plan"
import * as queries from "./queries"

/** How long the cron leaves to the queue what the queue was hinted at. */
const LEASE_MS = 60_000

/** Of one chunk: ten of the queue may share what a worker may ask for. */
const MAX_BARS = 200
const BARS_PER_ROUND = 50

export type Chunk = { plan: Plan; outbox: Outbox; isLast: boolean; statements: [Statement, ...Statement[]] }

/**
 * What tells these people of a notification, and `others`, who are no members; and moves its fan-out past them. Written
 * once, however often it is tried.
 */
export function buildChunk(
  db: Db,
  notification: { publicationId: string; category: Category; emailDueAt: number | null; after: number },
  { people, others, isLast, now }: { people: Addressee[]; others: Outbox; isLast: boolean; now: number },
): Chunk {
  const { publicationId, after } = notification
  const plan = planDeliveries(people, notification, now)
  const outbox = { ...plan.outbox, ...others }
  const here = queries.notificationAtChunk({ publicationId, after })
  return {
    plan,
    outbox,
    isLast,
    statements: [
      queries.insertInboxRows(db, { notification: here, inboxes: plan.inboxes }),
      insertOutbox(db, { notification: here, outbox, now, emailDueAt: notification.emailDueAt }),
      insertSuppressed(db, { notification: here, people: plan.suppressed, now }),
      queries.advanceFanOut(db, {
        publicationId,
        after,
        next: people.at(-1)?.orgUserId ?? after,
        dueAt: isLast ? null : now + LEASE_MS,
      }),
    ],
  }
}

/**
 * Goes on where a notification stands: it is scheduled for now, or its audience did not fit one batch.
 *
 * 1. Read the notification, and who comes next with what they switched.
 * 2. Decide, and commit one chunk; a second worker at the same place writes nothing.
 * 3. Hint, and ask the queue for the next chunk.
 */
export async function continueFanOut(deps: Deps, { notificationId }: { notificationId: number }): Promise<void> {
  const { db } = deps
  const now = deps.now()
  const [notification] = await queries.selectNotification(db, { id: notificationId })
  if (!notification?.audience || notification.dueAt === null) return
  if (notification.scheduledAt !== null && notification.scheduledAt > now) return

  const after = notification.fanOutAfter
  const answers = await db.batch(
    selectAddressees(db, { audience: notification.audience, category: notification.category, after }),
  )
  const addressed = toAddressees(answers)
  const chunk = buildChunk(db, { ...notification, after }, { ...addressed, others: addressed.rooms, now })
  await commit(db, [queries.markSent(db, { publicationId: notification.publicationId, now }), ...chunk.statements])
  await enqueueChunk(deps, { notification, chunk })
}

/**
 * Tells those who carry a committed chunk further: the queues first, since a worker may make a thousand requests and
 * every bar is one. Whatever is lost here, the sweep or a bar's alarm finds.
 */
export async function enqueueChunk(
  deps: Deps,
  { notification, chunk }: { notification: Pick<Notification, "id" | "emailDueAt">; chunk: Chunk },
): Promise<void> {
  const { id, emailDueAt } = notification
  await logLostHints(id, [
    enqueueOutbox(deps, { notificationId: id, outbox: chunk.outbox, emailDueAt }),
    ...(chunk.isLast ? [] : [deps.signals.send({ kind: "fan_out", notificationId: id })]),
  ])
  await updateBars(deps, { id, reached: [...chunk.plan.reached] })
}

/** Tells bars, some at a time. Those beyond the most find out by their alarm, within a minute. */
async function updateBars(deps: Deps, { id, reached }: { id: number; reached: [number, number[]][] }): Promise<void> {
  const told = reached.slice(0, MAX_BARS)
  for (let i = 0; i < told.length; i += BARS_PER_ROUND) {
    const arrivals = told
      .slice(i, i + BARS_PER_ROUND)
      .map(([orgId, orgUserIds]) => deps.bar(orgId).arrived({ notificationId: id, orgUserIds }))
    await logLostHints(id, arrivals)
  }
  const count = reached.length - told.length
  if (count > 0) log({ event: "hint_lost", notification_id: id, reason: "too many bars", count })
}

async function logLostHints(id: number, hints: Promise<unknown>[]): Promise<void> {
  for (const hint of await Promise.allSettled(hints)) {
    if (hint.status === "rejected") log({ event: "hint_lost", notification_id: id, reason: errorName(hint.reason) })
  }
}
