import type { Category } from "../domain/categories"
import type { PlatformAdminChannel } from "../domain/channels"
import { commitAndRead, type Statement } from "../db/client"
import type { Notification } from "../db/schema"
import type { Outbox } from "../delivery/outbox"
import type { Deps } from "../deps"
import { log } from "../runtime/log"
import type { Audience } from "../domain/audience"
import { selectAddressees, toAddressees } from "./audience"
import { buildChunk, enqueueChunk } from "./fan-out"
import * as queries from "./queries"

export type PublishRequest = {
  /** `null` spans organisations. */
  orgId: number | null
  audience: Audience
  author: string
  message: string
  category: Category
  urgent: boolean
  emailSubject?: string | null | undefined
  scheduledAt?: number | null | undefined
  /** One event is one notification: for ever, or for as long as is said. */
  dedupe?: { key: string; forMs?: number; requestHash?: string } | undefined
  /** How long e-mail waits for a summary. */
  holdEmailMs?: number | undefined
  /** What those who run the platform are told of it, and by what. For what is said at once. */
  platformAdmins?: { message: string; channels: PlatformAdminChannel[] } | undefined
  /** What else becomes true when this is said: committed in the same batch. */
  alongside?: ((publicationId: string) => Statement[]) | undefined
}

export type PublishResult =
  | { kind: "published" | "already"; notification: Notification }
  | { kind: "nobody" }
  /** The dedupe key stands for another request, for another organisation's event, or for what is too old to be kept. */
  | { kind: "conflict" }

/**
 * The one way anything is said.
 *
 * 1. Read who is addressed, what they switched, and whether this was said before: one round trip.
 * 2. Decide for each of them, on each channel.
 * 3. Commit notification, inboxes and deliveries as one batch: one round trip. Of two that run at once the dedupe
 *    key lets one write; the other finds nothing to add to.
 * 4. Hint the queue and the urgent bars.
 */
export async function publish(deps: Deps, announcement: PublishRequest): Promise<PublishResult> {
  const { db } = deps
  const { audience, category, dedupe } = announcement
  const now = deps.now()

  const [rows, policies, devices, ofOrgs, [earlier]] = await db.batch([
    ...selectAddressees(db, { audience, category, after: 0 }),
    queries.selectByDedupeKey(db, { dedupeKey: dedupe?.key ?? "" }),
  ])
  const freeBefore = dedupe?.forMs === undefined ? 0 : now - dedupe.forMs
  if (earlier && earlier.createdAt > freeBefore) return toDuplicateResult(earlier, announcement)

  const addressed = toAddressees([rows, policies, devices, ofOrgs])
  const { people } = addressed
  // Of what reaches nobody else, those who run the platform must hear all the more: it is for them to mend.
  if (people.length === 0 && !announcement.platformAdmins) return { kind: "nobody" }

  const scheduledAt = announcement.scheduledAt ?? null
  const isForLater = scheduledAt !== null && scheduledAt > now
  const emailDueAt = announcement.holdEmailMs === undefined ? null : now + announcement.holdEmailMs
  const publicationId = crypto.randomUUID()
  const others = { ...addressed.rooms, ...platformAdminOutbox(announcement.platformAdmins) }
  const chunk = isForLater
    ? undefined
    : buildChunk(db, { publicationId, category, emailDueAt, after: 0 }, { ...addressed, others, now })

  const [notification] = await commitAndRead(
    db,
    [
      ...(dedupe?.forMs ? [queries.releaseDedupeKey(db, { dedupeKey: dedupe.key, before: freeBefore })] : []),
      queries.insertNotification(db, {
        orgId: announcement.orgId,
        audience,
        author: announcement.author,
        message: announcement.message,
        category,
        urgent: announcement.urgent,
        emailSubject: announcement.emailSubject ?? null,
        createdAt: now,
        scheduledAt,
        sentAt: isForLater ? null : now,
        publicationId,
        dedupeKey: dedupe?.key ?? null,
        requestHash: dedupe?.requestHash ?? null,
        emailDueAt,
        dueAt: isForLater ? scheduledAt : now,
        operatorNote: announcement.platformAdmins?.message ?? null,
      }),
      ...(chunk?.statements ?? []),
      ...(announcement.alongside?.(publicationId) ?? []),
    ],
    queries.selectByPublication(db, { publicationId }),
  )
  if (!notification) return resolveDuplicate(deps, announcement)

  log({ event: "notification_published", notification_id: notification.id, count: people.length })
  if (chunk) deps.waitUntil(enqueueChunk(deps, { notification, chunk }))
  return { kind: "published", notification }
}

/** They are one recipient. */
const platformAdminOutbox = (platformAdmins: PublishRequest["platformAdmins"]): Outbox =>
  Object.fromEntries((platformAdmins?.channels ?? []).map((channel) => [channel, [1]]))

/** Somebody said it between our reading and our writing, or so long ago that only the key is kept. */
async function resolveDuplicate({ db }: Deps, announcement: PublishRequest): Promise<PublishResult> {
  const dedupeKey = announcement.dedupe?.key ?? ""
  const [[winner], [spent]] = await db.batch([
    queries.selectByDedupeKey(db, { dedupeKey }),
    queries.selectSpentKey(db, { dedupeKey }),
  ])
  if (winner) return toDuplicateResult(winner, announcement)
  if (spent) return { kind: "conflict" }
  throw new Error("a publication was not written, and nobody else wrote it")
}

const toDuplicateResult = (earlier: Notification, { orgId, dedupe }: PublishRequest): PublishResult =>
  earlier.orgId === orgId && earlier.requestHash === (dedupe?.requestHash ?? null)
    ? { kind: "already", notification: earlier }
    : { kind: "conflict" }
