import { nonBlank, parseTime, resolveKey, toFlag, unresolvedReason } from "./django-values.mjs"
import { memberKey } from "./transform-members.mjs"

/** A D1 row may hold 2 MB. */
const MAX_MESSAGE_BYTES = 1_000_000
/** The sort key of an inbox packs time and id into one integer, with 42 bits for the time: up to May 2109. */
const TIME_LIMIT = 2 ** 42
const ONE_RECIPIENT = { notificationrecipient: 1 }

/** The notifications and their inbox rows. A notification that was not sent yet keeps its recipients as its audience. */
export function transformNotifications(source, members) {
  const index = indexNotifications(source)
  addRecipients(source, index, members)
  const notifications = []
  const recipients = []
  for (const notification of index.byPk.values()) {
    const inboxRows = [...notification.inboxRows.values()]
    notifications.push(notificationRow(notification, inboxRows))
    if (notification.sentAt === null) continue
    for (const { member, isRead, sourceCounts } of inboxRows) {
      recipients.push({
        values: [member.org, member.userId, notification.publicationId, isRead],
        state: isRead ? "read" : "unread",
        sourceCounts,
      })
    }
  }
  return { notifications, recipients }
}

function indexNotifications({ models, now, skip, warn }) {
  const index = { byPk: new Map(), inDump: models.notification }
  for (const [pk, fields] of models.notification) {
    const times = timesOf(fields)
    const reason = times.error ?? messageError(fields)
    if (reason) {
      skip("notification", pk, reason)
      continue
    }
    const { createdAt, scheduledAt, sentAt } = times
    if (!nonBlank(fields.author)) warn("notification", pk, "has no author: imported with a blank one")
    const dueAt = sentAt === null ? (scheduledAt ?? createdAt) : null
    if (dueAt !== null && dueAt <= now)
      warn("notification", pk, "was never sent and is overdue: sent within a minute of the import")
    index.byPk.set(pk, {
      publicationId: `dalgo:${pk}`,
      author: typeof fields.author === "string" ? fields.author : "",
      message: fields.message,
      subject: nonBlank(fields.email_subject),
      urgent: toFlag(fields.urgent, {
        note: () => warn("notification", pk, "has an urgent that is neither true nor false: imported as not urgent"),
      }),
      createdAt,
      scheduledAt,
      sentAt,
      dueAt,
      inboxRows: new Map(),
    })
  }
  return index
}

function timesOf({ timestamp, scheduled_time: scheduled, sent_time: sent }) {
  const optional = (value) => (value === null || value === undefined ? null : parseTime(value))
  const createdAt = parseTime(timestamp)
  const [scheduledAt, sentAt] = [optional(scheduled), optional(sent)]
  if (createdAt === undefined) return { error: "has no valid timestamp" }
  if (scheduledAt === undefined) return { error: "has an invalid scheduled_time" }
  if (sentAt === undefined) return { error: "has an invalid sent_time" }
  if (!isInRange(createdAt)) return { error: "has a timestamp outside of 1970 to 2109" }
  if (sentAt !== null && !isInRange(sentAt)) return { error: "has a sent_time outside of 1970 to 2109" }
  return { createdAt, scheduledAt, sentAt }
}

const isInRange = (time) => time >= 0 && time < TIME_LIMIT

function messageError({ message, email_subject: subject }) {
  if (typeof message !== "string") return "has no message"
  const size = Buffer.byteLength(JSON.stringify([message, subject]))
  return size > MAX_MESSAGE_BYTES ? "has a message of more than 1 MB" : undefined
}

function addRecipients({ models, skip, warn }, notifications, members) {
  for (const [pk, fields] of models.notificationrecipient) {
    const notification = resolveKey(notifications, fields.notification)
    const member = resolveKey(members, fields.recipient)
    if (!notification || !member) {
      const reason = notification
        ? unresolvedReason(members, fields.recipient, "recipient")
        : unresolvedReason(notifications, fields.notification, "notification")
      skip("notificationrecipient", pk, reason)
      continue
    }
    const isRead = toFlag(fields.read_status, {
      note: () =>
        warn("notificationrecipient", pk, "has a read_status that is neither true nor false: imported as unread"),
    })
    const earlier = notification.inboxRows.get(memberKey(member))
    if (!earlier) {
      notification.inboxRows.set(memberKey(member), { member, isRead, sourceCounts: ONE_RECIPIENT })
      continue
    }
    warn("notificationrecipient", pk, "is a second row of the same member: merged, and read if either was read")
    earlier.isRead ||= isRead
    earlier.sourceCounts = { notificationrecipient: earlier.sourceCounts.notificationrecipient + 1 }
  }
}

function notificationRow(notification, inboxRows) {
  const { publicationId, author, message, subject, urgent, createdAt, scheduledAt, sentAt, dueAt } = notification
  const orgs = new Set(inboxRows.map(({ member }) => member.org))
  const org = orgs.size === 1 ? [...orgs][0] : null
  const isSent = sentAt !== null
  const audience = isSent ? null : inboxRows.map(({ member }) => [member.org, member.userId])
  const recipientCount = inboxRows.reduce((sum, { sourceCounts }) => sum + sourceCounts.notificationrecipient, 0)
  return {
    values: [publicationId, org, author, message, subject, urgent, createdAt, scheduledAt, sentAt, dueAt, audience],
    state: isSent ? "sent" : "unsent",
    sourceCounts: { notification: 1, notificationrecipient: isSent ? 0 : recipientCount },
  }
}
