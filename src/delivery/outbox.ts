import { type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { deliveries } from "../db/schema"
import type { Deps } from "../deps"
import { kindOf, log } from "../log"
import * as queries from "./queries"
import { BACK_OFF_MS } from "./retry"

/** Recipients per message: what one consumer claims, sends and records together. */
const PER_MESSAGE = 50
/** What `sendBatch` takes at once. */
const PER_SEND = 100
const PER_SWEEP = 5_000
/** When the sweep takes a mail whose hint was lost. A hint may be earlier than that, and than any date given. */
export const SWEEP_AFTER_MS = 60_000

type Suppressed = { orgUserId: number; reason: string; since: number | null }

/**
 * Rows for the e-mails of the notifications that `notification` selects. If nobody hints, the sweep finds them when
 * they are due.
 */
export const insertEmails = (
  db: Db,
  { notification, orgUserIds, dueAt, now }: { notification: SQL; orgUserIds: number[]; dueAt: number; now: number },
) =>
  db.insert(deliveries).select(sql`
    SELECT n.id, 'email', person.value, 'pending', 0, NULL, NULL, NULL, ${now}, ${now}, ${dueAt}, n.org_id
    FROM ${notification} n, json_each(${JSON.stringify(orgUserIds)}) person
  `)

/** Rows that say why somebody was not told at all. */
export const insertSuppressed = (
  db: Db,
  { notification, people, now }: { notification: SQL; people: Suppressed[]; now: number },
) =>
  db.insert(deliveries).select(sql`
    SELECT n.id, 'inbox', person.value ->> 0, 'suppressed', 0, person.value ->> 1, person.value ->> 2, NULL,
      ${now}, ${now}, NULL, n.org_id
    FROM ${notification} n, json_each(${JSON.stringify(people.map((p) => [p.orgUserId, p.reason, p.since]))}) person
  `)

/** Tells the consumer of rows that are committed. A lost hint is no loss: the sweep finds them. */
export async function hint(
  deps: Deps,
  recipients: { notificationId: number; recipientId: number }[],
  { delaySeconds = 0 }: { delaySeconds?: number } = {},
): Promise<void> {
  const messages = [...Map.groupBy(recipients, (recipient) => recipient.notificationId)].flatMap(
    ([notificationId, rows]) =>
      chunksOf(rows, PER_MESSAGE).map((chunk) => ({
        body: { channel: "email" as const, notificationId, recipientIds: chunk.map((row) => row.recipientId) },
      })),
  )
  try {
    for (const batch of chunksOf(messages, PER_SEND)) await deps.deliveries.sendBatch(batch, { delaySeconds })
  } catch (error) {
    log({ event: "hint_lost", reason: kindOf(error), count: recipients.length })
  }
}

/** Sends the mails that waited for something which has come. */
export async function hintUntried(deps: Deps, { notificationId }: { notificationId: number }): Promise<void> {
  await hint(deps, await queries.untried(deps.db, { notificationId }))
}

/** Begins anew with what was given up on; `false` if it was not, or somebody else was first. */
export async function sendAgain(deps: Deps, key: queries.Key): Promise<boolean> {
  const back = await queries.putBack(deps.db, { ...key, now: deps.now() })
  await hint(deps, back)
  return back.length > 0
}

/** Hints again at what is overdue: its hint was lost, its retry is due, or its sender died. */
export async function sweepDeliveries(deps: Deps): Promise<void> {
  const now = deps.now()
  const [, overdue] = await deps.db.batch([
    queries.giveUp(deps.db, { tries: BACK_OFF_MS.length + 1, now }),
    queries.overdue(deps.db, { now, limit: PER_SWEEP }),
  ])
  await hint(deps, overdue)
}

function chunksOf<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
