import type { Category } from "../domain/categories"
import { commit, type Db, type Statement } from "../db/client"
import type { Notification } from "../db/schema"
import { hintOutbox, insertOutbox, insertSuppressed, type Outbox } from "../delivery/outbox"
import type { Deps } from "../deps"
import { kindOf, log } from "../runtime/log"
import { type Addressee, addressees, toAddressees } from "./audience"
import { type Plan, planFor } from "./plan"
import * as queries from "./queries"

/** How long the cron leaves to the queue what the queue was hinted at. */
const LEASE_MS = 60_000

/** Of one chunk: ten of the queue may share what a worker may ask for. */
const MOST_BARS = 200
const BARS_AT_ONCE = 50

export type Chunk = { plan: Plan; outbox: Outbox; isLast: boolean; statements: [Statement, ...Statement[]] }

/**
 * What tells these people of a notification, and `others`, who are no members; and moves its fan-out past them. Written
 * once, however often it is tried.
 */
export function chunkFor(
  db: Db,
  notification: { publicationId: string; category: Category; emailDueAt: number | null; after: number },
  { people, others, isLast, now }: { people: Addressee[]; others: Outbox; isLast: boolean; now: number },
): Chunk {
  const { publicationId, after } = notification
  const plan = planFor(people, notification, now)
  const outbox = { ...plan.outbox, ...others }
  const here = queries.whileFanOutIsAt({ publicationId, after })
  return {
    plan,
    outbox,
    isLast,
    statements: [
      queries.insertInboxes(db, { notification: here, inboxes: plan.inboxes }),
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
  const [notification] = await queries.byId(db, { id: notificationId })
  if (!notification?.audience || notification.dueAt === null) return
  if (notification.scheduledAt !== null && notification.scheduledAt > now) return

  const after = notification.fanOutAfter
  const answers = await db.batch(
    addressees(db, { audience: notification.audience, category: notification.category, after }),
  )
  const addressed = toAddressees(answers)
  const chunk = chunkFor(db, { ...notification, after }, { ...addressed, others: addressed.rooms, now })
  await commit(db, [queries.markSent(db, { publicationId: notification.publicationId, now }), ...chunk.statements])
  await hintAt(deps, { notification, chunk })
}

/**
 * Tells those who carry a committed chunk further: the queues first, since a worker may make a thousand requests and
 * every bar is one. Whatever is lost here, the sweep or a bar's alarm finds.
 */
export async function hintAt(
  deps: Deps,
  { notification, chunk }: { notification: Pick<Notification, "id" | "emailDueAt">; chunk: Chunk },
): Promise<void> {
  const { id, emailDueAt } = notification
  await settled(id, [
    hintOutbox(deps, { notificationId: id, outbox: chunk.outbox, emailDueAt }),
    ...(chunk.isLast ? [] : [deps.signals.send({ kind: "fan_out", notificationId: id })]),
  ])
  await tellBars(deps, { id, reached: [...chunk.plan.reached] })
}

/** Tells bars, some at a time. Those beyond the most find out by their alarm, within a minute. */
async function tellBars(deps: Deps, { id, reached }: { id: number; reached: [number, number[]][] }): Promise<void> {
  const told = reached.slice(0, MOST_BARS)
  for (let i = 0; i < told.length; i += BARS_AT_ONCE) {
    const arrivals = told
      .slice(i, i + BARS_AT_ONCE)
      .map(([orgId, orgUserIds]) => deps.bar(orgId).arrived({ notificationId: id, orgUserIds }))
    await settled(id, arrivals)
  }
  const count = reached.length - told.length
  if (count > 0) log({ event: "hint_lost", notification_id: id, reason: "too many bars", count })
}

async function settled(id: number, hints: Promise<unknown>[]): Promise<void> {
  for (const hint of await Promise.allSettled(hints)) {
    if (hint.status === "rejected") log({ event: "hint_lost", notification_id: id, reason: kindOf(hint.reason) })
  }
}
