import { commitAndRead, type Statement } from "../db/client"
import type { Notification } from "../db/schema"
import type { Outbox } from "../delivery/outbox"
import type { Deps } from "../deps"
import type { Audience } from "../domain/audience"
import type { NotificationLink } from "../domain/notification-link"
import type { Category } from "../domain/categories"
import type { PlatformAdminChannel } from "../domain/channels"
import { AppError } from "../runtime/errors"
import type { NamedTime } from "../domain/time"
import { truncateUnits } from "../domain/text"
import { log } from "../runtime/log"
import { selectAddressees, toAddressees } from "./audience"
import { buildChunk, enqueueChunk } from "./fan-out"
import { decideAll, planDeliveries } from "./plan"
import * as queries from "./queries"

/** What spans organisations counts as one organisation. */
const MAX_SCHEDULED_PER_ORG = 1_000
const MAX_NOTE_LENGTH = 10_000

export type PublishRequest = {
  /** `person:<user_id>` or `service:<hash of the key>`; without it, the service itself. */
  createdBy?: string
  /** `null`: the notification spans organisations. */
  orgId: number | null
  audience: Audience
  author: string
  message: string
  /** The times that the message names. */
  times?: NamedTime[] | undefined
  category: Category
  urgent: boolean
  emailSubject?: string | null | undefined
  /** The sender has sent the e-mail itself. */
  skipEmail?: boolean
  link?: NotificationLink | null | undefined
  /** Milliseconds since 1970. A time in the past means now. */
  scheduledAt?: number | null | undefined
  /** A second request with the same key publishes nothing: for ever, or for `forMs` milliseconds. */
  dedupe?: { key: string; forMs?: number; requestHash?: string } | undefined
  /** How long e-mail waits for a summary. */
  holdEmailMs?: number | undefined
  /** A message to the platform admins. Not for scheduled notifications. */
  platformAdmins?: { message: string; channels: PlatformAdminChannel[] } | undefined
  /** More statements for the batch that commits the notification. */
  alongside?: ((publicationId: string) => Statement[]) | undefined
}

export type PublishResult =
  | { kind: "published" | "already"; notification: Notification }
  | { kind: "no_recipients" }
  /** The dedupe key belongs to a different request, to another organisation, or to a notification that was purged. */
  | { kind: "conflict" }

/**
 * Publishes a notification. Every notification goes through here. Throws `rejected` if the organisation has too many
 * scheduled already.
 *
 * 1. Read the audience with its settings, and any notification with the same dedupe key: one round trip.
 * 2. Decide for each person and channel.
 * 3. Commit notification, inbox rows and deliveries as one batch: one round trip. Of two concurrent requests with one
 *    dedupe key, the first inserts the notification; the statements of the second match no notification.
 * 4. Enqueue the deliveries and update the urgent bars.
 */
export async function publish(deps: Deps, request: PublishRequest): Promise<PublishResult> {
  const { db } = deps
  const { audience, category, dedupe } = request
  const now = deps.now()

  const [orgUsers, policies, devices, chatSettings, [earlier]] = await db.batch([
    ...selectAddressees(db, { audience, category, after: 0 }),
    queries.selectByDedupeKey(db, { dedupeKey: dedupe?.key ?? "" }),
  ])
  const freeBefore = dedupe?.forMs === undefined ? 0 : now - dedupe.forMs
  if (earlier && earlier.createdAt > freeBefore) return toDuplicateResult(earlier, request)

  const { people, chatOrgs, isLast } = toAddressees([orgUsers, policies, devices, chatSettings])
  // With an empty audience, the platform admins are the only ones who can act on it.
  if (people.length === 0 && !request.platformAdmins) return { kind: "no_recipients" }

  const scheduledAt = request.scheduledAt ?? null
  const isScheduled = scheduledAt !== null && scheduledAt > now
  const emailDueAt = request.holdEmailMs === undefined ? null : now + request.holdEmailMs
  const publicationId = crypto.randomUUID()
  const { createdBy = SYSTEM, skipEmail = false } = request
  const chunk = isScheduled
    ? undefined
    : buildChunk(
        db,
        { publicationId, emailDueAt, after: 0 },
        {
          plan: planDeliveries(decideAll(people, { category, skipEmail }, now), { emailDueAt }),
          others: { ...chatOrgs, ...platformAdminOutbox(request.platformAdmins) },
          next: people.at(-1)?.orgUserId,
          isLast,
          now,
        },
      )

  const row = {
    orgId: request.orgId,
    audience,
    author: request.author,
    message: request.message,
    times: request.times?.length ? request.times : null,
    category,
    urgent: request.urgent,
    emailSubject: request.emailSubject ?? null,
    createdAt: now,
    scheduledAt,
    sentAt: isScheduled ? null : now,
    publicationId,
    dedupeKey: dedupe?.key ?? null,
    requestHash: dedupe?.requestHash ?? null,
    emailDueAt,
    dueAt: isScheduled ? scheduledAt : now,
    createdBy,
    skipEmail,
    link: request.link ?? null,
    operatorNote: request.platformAdmins ? truncateUnits(request.platformAdmins.message, MAX_NOTE_LENGTH) : null,
  }
  const [notification] = await commitAndRead(
    db,
    [
      ...(dedupe?.forMs ? [queries.releaseDedupeKey(db, { dedupeKey: dedupe.key, before: freeBefore })] : []),
      isScheduled
        ? queries.insertScheduled(db, row, { max: MAX_SCHEDULED_PER_ORG })
        : queries.insertNotification(db, row),
      ...(chunk?.statements ?? []),
      ...(request.alongside?.(publicationId) ?? []),
    ],
    queries.selectByPublication(db, { publicationId }),
  )
  if (!notification) return resolveRefusal(deps, request, { isScheduled })

  const line = { notification_id: notification.id, count: people.length, caller: loggedCaller(createdBy) }
  log({ event: "notification_published", ...line })
  if (chunk) deps.waitUntil(enqueueChunk(deps, { notification, chunk }))
  return { kind: "published", notification }
}

/** The sender of notifications that the service itself publishes. */
const SYSTEM = "system"

/** A `user_id` may be an address, and addresses are not logged. */
const loggedCaller = (createdBy: string) => (createdBy.includes("@") ? "person" : createdBy)

/** All platform admins together are recipient 1. */
const platformAdminOutbox = (platformAdmins: PublishRequest["platformAdmins"]): Outbox =>
  Object.fromEntries((platformAdmins?.channels ?? []).map((channel) => [channel, [1]]))

/**
 * The key was taken between our read and our write, or it belongs to a notification that was purged, or too many are
 * scheduled.
 */
async function resolveRefusal(
  { db }: Deps,
  request: PublishRequest,
  { isScheduled }: { isScheduled: boolean },
): Promise<PublishResult> {
  const dedupeKey = request.dedupe?.key ?? ""
  const [[earlier], [spent]] = await db.batch([
    queries.selectByDedupeKey(db, { dedupeKey }),
    queries.selectSpentKey(db, { dedupeKey }),
  ])
  if (earlier) return toDuplicateResult(earlier, request)
  if (spent) return { kind: "conflict" }
  if (isScheduled) {
    const message = "1,000 notifications are scheduled already. Cancel some, or wait until some have been sent."
    throw new AppError("rejected", message)
  }
  throw new Error("the notification was not inserted, and its dedupe key is free")
}

const toDuplicateResult = (earlier: Notification, { orgId, dedupe }: PublishRequest): PublishResult =>
  earlier.orgId === orgId && earlier.requestHash === (dedupe?.requestHash ?? null)
    ? { kind: "already", notification: earlier }
    : { kind: "conflict" }
