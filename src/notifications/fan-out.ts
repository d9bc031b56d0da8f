import { commit, type Db, type Statement } from "../db/client"
import type { Notification } from "../db/schema"
import {
  type Deferred,
  enqueueDeferred,
  enqueueOutbox,
  insertDeferred,
  insertOutbox,
  insertSuppressed,
  type Outbox,
} from "../delivery/outbox"
import type { Deps } from "../deps"
import { LEASE_MS } from "../runtime/backoff"
import { errorName, type FailureEvent, log, type LogFields } from "../runtime/log"
import { sendSignals } from "../runtime/queue-lanes"
import { selectAddressees, toAddressees } from "./audience"
import { decideAll, type Plan, planDeliveries } from "./plan"
import * as queries from "./queries"

/** A queue consumer may handle 10 chunks in one invocation, and a worker may make 1,000 requests. */
const MAX_BARS = 200
const BARS_PER_ROUND = 50

export type Chunk = {
  outbox: Outbox
  deferred: Deferred[]
  reached: Plan["reached"]
  isLast: boolean
  statements: [Statement, ...Statement[]]
}

/** The part of an audience that one batch commits. `next` is the last `org_users.id` in it. */
type ChunkOfAudience = { plan: Plan; others: Outbox; next: number | undefined; isLast: boolean; now: number }

/**
 * Builds the statements that write one chunk and move the fan-out past it. `others` are recipients who are not members,
 * for example chat webhooks. The statements write nothing if the fan-out has moved on, so a chunk is written once.
 */
export function buildChunk(
  db: Db,
  { publicationId, emailDueAt, after }: { publicationId: string; emailDueAt: number | null; after: number },
  { plan, others, next, isLast, now }: ChunkOfAudience,
): Chunk {
  const { deferred, reached } = plan
  const outbox = { ...plan.outbox, ...others }
  const notification = queries.notificationAtChunk({ publicationId, after })
  return {
    outbox,
    deferred,
    reached,
    isLast,
    statements: [
      queries.insertInboxRows(db, { notification, inboxes: plan.inboxes }),
      insertOutbox(db, { notification, outbox, now, emailDueAt }),
      ...(deferred.length > 0 ? [insertDeferred(db, { notification, deferred, now })] : []),
      insertSuppressed(db, { notification, people: plan.suppressed, now }),
      queries.advanceFanOut(db, {
        publicationId,
        after,
        next: next ?? after,
        dueAt: isLast ? null : now + LEASE_MS.fanOut,
      }),
    ],
  }
}

/**
 * Continues the fan-out of a notification that is scheduled for now, or whose audience did not fit one batch.
 *
 * 1. Read the notification and the next people of its audience with their settings.
 * 2. Decide and commit one chunk. A second worker at the same chunk writes nothing.
 * 3. Enqueue the messages of the chunk, and the next chunk.
 */
export async function continueFanOut(deps: Deps, { notificationId }: { notificationId: number }): Promise<void> {
  const { db } = deps
  const now = deps.now()
  const [notification] = await queries.selectNotification(db, { id: notificationId })
  if (!notification?.audience || notification.dueAt === null) return
  if (notification.scheduledAt !== null && notification.scheduledAt > now) return

  const { audience, category, publicationId, fanOutAfter: after } = notification
  const { people, chatOrgs, isLast } = toAddressees(await db.batch(selectAddressees(db, { audience, category, after })))
  const plan = planDeliveries(decideAll(people, notification, now), notification)
  const next = people.at(-1)?.orgUserId
  const chunk = buildChunk(db, { ...notification, after }, { plan, others: chatOrgs, next, isLast, now })
  await commit(db, [queries.markSent(db, { publicationId, now }), ...chunk.statements])
  await enqueueChunk(deps, { notification, chunk })
}

/**
 * Enqueues a committed chunk and updates the urgent bars. The queues come first, since each bar is a request and a worker
 * may make 1,000. The sweep, or the alarm of a bar, finds whatever is lost here.
 */
export async function enqueueChunk(
  deps: Deps,
  { notification, chunk }: { notification: Pick<Notification, "id" | "orgId" | "emailDueAt">; chunk: Chunk },
): Promise<void> {
  const { id, orgId, emailDueAt } = notification
  await logRejected({ event: "enqueue_failed", queue: "dalgo-signals", notification_id: id }, [
    enqueueOutbox(deps, { notificationId: id, orgId, outbox: chunk.outbox, emailDueAt }),
    enqueueDeferred(deps, { notificationId: id, orgId, deferred: chunk.deferred }),
    ...(chunk.isLast
      ? []
      : [sendSignals(deps, [{ body: { kind: "fan_out", notificationId: id }, orgId: orgId ?? 0 }])]),
  ])
  await updateBars(deps, { id, reached: [...chunk.reached] })
}

/** Updates at most `MAX_BARS` bars. The alarms of the other bars update them within a minute. */
async function updateBars(deps: Deps, { id, reached }: { id: number; reached: [number, number[]][] }): Promise<void> {
  const updated = reached.slice(0, MAX_BARS)
  for (let i = 0; i < updated.length; i += BARS_PER_ROUND) {
    const arrivals = updated
      .slice(i, i + BARS_PER_ROUND)
      .map(([orgId, orgUserIds]) => deps.bar(orgId).arrived({ notificationId: id, orgUserIds }))
    await logRejected({ event: "urgent_bar_update_failed", notification_id: id }, arrivals)
  }
  const count = reached.length - updated.length
  if (count > 0) log({ event: "urgent_bar_updates_skipped", notification_id: id, count })
}

async function logRejected(line: { event: FailureEvent } & LogFields, work: Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === "rejected") log({ ...line, reason: errorName(result.reason) })
  }
}
