import { keyOf } from "./transform-members.mjs"
import { find, flagOf, textOf, timeOf, whyNot } from "./django-values.mjs"

/** Half of what a row of D1 may hold. */
const LARGEST_MESSAGE_BYTES = 1_000_000
/** The order of pages puts time and id into one number, which holds no others (2^42 is in May 2109). */
const LATEST = 2 ** 42
const ONE_RECIPIENT = { notificationrecipient: 1 }

/** Notifications, and who has them in their inbox. Those still to be sent keep whom they are for as their audience. */
export function inboxesOf(given, people) {
  const taken = notificationsOf(given)
  addRecipients(given, taken, people)
  const notifications = []
  const recipients = []
  for (const notification of taken.byPk.values()) {
    const reached = [...notification.reached.values()]
    notifications.push(notificationRow(notification, reached))
    if (notification.sentAt === null) continue
    for (const { person, isRead, standsFor } of reached) {
      recipients.push({
        values: [person.org, person.userId, notification.publicationId, isRead],
        state: isRead ? "read" : "unread",
        standsFor,
      })
    }
  }
  return { notifications, recipients }
}

function notificationsOf({ models, now, skip, note }) {
  const taken = { byPk: new Map(), inDump: models.notification }
  for (const [pk, fields] of models.notification) {
    const times = timesOf(fields)
    const reason = times.fault ?? messageFault(fields)
    if (reason) {
      skip("notification", pk, reason)
      continue
    }
    const { createdAt, scheduledAt, sentAt } = times
    const dueAt = sentAt === null ? (scheduledAt ?? createdAt) : null
    if (dueAt !== null && dueAt <= now)
      note("notification", pk, "was never sent and is overdue: it goes out within a minute of its arrival")
    taken.byPk.set(pk, {
      publicationId: `dalgo:${pk}`,
      author: String(fields.author ?? ""),
      message: fields.message,
      subject: textOf(fields.email_subject),
      urgent: flagOf(fields.urgent),
      createdAt,
      scheduledAt,
      sentAt,
      dueAt,
      reached: new Map(),
    })
  }
  return taken
}

function timesOf({ timestamp, scheduled_time: scheduled, sent_time: sent }) {
  const optional = (value) => (value === null || value === undefined ? null : timeOf(value))
  const createdAt = timeOf(timestamp)
  const [scheduledAt, sentAt] = [optional(scheduled), optional(sent)]
  if (createdAt === undefined) return { fault: "has no timestamp that is a time" }
  if (scheduledAt === undefined) return { fault: "has a scheduled_time that is no time" }
  if (sentAt === undefined) return { fault: "has a sent_time that is no time" }
  if (!isPlaceable(createdAt)) return { fault: "has a timestamp outside of 1970 to 2109" }
  if (sentAt !== null && !isPlaceable(sentAt)) return { fault: "has a sent_time outside of 1970 to 2109" }
  return { createdAt, scheduledAt, sentAt }
}

const isPlaceable = (time) => time >= 0 && time < LATEST

function messageFault({ message, email_subject: subject }) {
  if (typeof message !== "string") return "has no message"
  const size = Buffer.byteLength(JSON.stringify([message, subject]))
  return size > LARGEST_MESSAGE_BYTES ? "has a message of more than a megabyte" : undefined
}

function addRecipients({ models, skip, note }, notifications, people) {
  for (const [pk, fields] of models.notificationrecipient) {
    const notification = find(notifications, fields.notification)
    const person = find(people, fields.recipient)
    if (!notification || !person) {
      const reason = notification
        ? whyNot(people, fields.recipient, "recipient")
        : whyNot(notifications, fields.notification, "notification")
      skip("notificationrecipient", pk, reason)
      continue
    }
    const isRead = flagOf(fields.read_status)
    const before = notification.reached.get(keyOf(person))
    if (!before) {
      notification.reached.set(keyOf(person), { person, isRead, standsFor: ONE_RECIPIENT })
      continue
    }
    note("notificationrecipient", pk, "names a person a second time: one row, read if either was")
    before.isRead ||= isRead
    before.standsFor = { notificationrecipient: before.standsFor.notificationrecipient + 1 }
  }
}

function notificationRow(notification, reached) {
  const { publicationId, author, message, subject, urgent, createdAt, scheduledAt, sentAt, dueAt } = notification
  const orgs = new Set(reached.map(({ person }) => person.org))
  const org = orgs.size === 1 ? [...orgs][0] : null
  const isSent = sentAt !== null
  const audience = isSent ? null : reached.map(({ person }) => [person.org, person.userId])
  const addressed = reached.reduce((sum, { standsFor }) => sum + standsFor.notificationrecipient, 0)
  return {
    values: [publicationId, org, author, message, subject, urgent, createdAt, scheduledAt, sentAt, dueAt, audience],
    state: isSent ? "sent" : "unsent",
    standsFor: { notification: 1, notificationrecipient: isSent ? 0 : addressed },
  }
}
