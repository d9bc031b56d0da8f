import { customType, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { CATEGORIES, type Category } from "../domain/categories"
import type { Channel, DeliveryChannel, ChatProduct } from "../domain/channels"
import { EVENT_SOURCES } from "../runtime/queue-messages"
import { parseJson } from "../runtime/zod"
import type { OptOutCause, Policy, ChannelReasons } from "../domain/delivery-rules"
import type { Audience } from "../domain/audience"
import type { Failure } from "../domain/failure"
import type { NotificationLink } from "../domain/notification-link"
import type { NamedTime } from "../domain/time"
import type { Role } from "../domain/roles"

// The columns of every table, for queries. The migrations create the tables, indexes and triggers, and
// test/db/schema.test.ts compares the columns. Times are integers: milliseconds since 1970, UTC.
//
// Two traps of drizzle:
// - `db.batch` mixes up columns of the same name in a joined select: give them aliases.
// - A select from one table omits the table's name, even in a subquery: write `${table}.column` there.

const flag = (name: string) => integer(name, { mode: "boolean" })

/**
 * JSON that reads as NULL where `read` refuses it, or where it is none. A column of `mode: "json"` throws then, and one row
 * that was written by hand would fail the whole query, with the rows of other organisations.
 */
const lenientJson = <T>(name: string, read: (value: unknown) => T | null) =>
  customType<{ data: T; driverData: string }>({
    dataType: () => "text",
    toDriver: (value) => JSON.stringify(value),
    // The type has no NULL, which the column's own type adds for a column that may be NULL.
    fromDriver: (json) => read(parseJson(json)) as T,
  })(name)

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value)
const isCategory = (value: unknown): value is Category => CATEGORIES.some((category) => category === value)
const isText = (value: unknown): value is string => typeof value === "string"

export const orgs = sqliteTable("orgs", {
  id: integer().primaryKey(),
  slug: text().notNull(),
  name: text().notNull(),
  /** An IANA name. */
  timezone: text().notNull().default("UTC"),
})

/** A person's membership of one organisation. Each membership has its own inbox. */
export const orgUsers = sqliteTable("org_users", {
  id: integer().primaryKey(),
  orgId: integer("org_id").notNull(),
  userId: text("user_id").notNull(),
  email: text().notNull(),
  role: text().$type<Role>().notNull(),
  name: text(),
  removedAt: integer("removed_at"),
  /** The person's own, as an IANA name; `null`: the organisation's. */
  timezone: text(),
})

/** When the platform was last asked about a person. `outcome` is NULL while it is being asked. */
export const platformLookups = sqliteTable("platform_lookups", {
  userId: text("user_id").primaryKey(),
  askedAt: integer("asked_at").notNull(),
  askAgainAt: integer("ask_again_at").notNull(),
  outcome: text().$type<"answered" | "failed">(),
})

/** Choices of a person. Without a row, the channel is on. */
export const userNotificationPreferences = sqliteTable(
  "user_notification_preferences",
  {
    orgUserId: integer("org_user_id").notNull(),
    category: text().$type<Category | "all">().notNull(),
    channel: text().$type<Channel>().notNull(),
    enabled: flag("enabled").notNull(),
    changedAt: integer("changed_at").notNull(),
    /** Set if a bounce or a complaint switched it off, and not the person. */
    reason: text().$type<OptOutCause>(),
  },
  (table) => [primaryKey({ columns: [table.orgUserId, table.category, table.channel] })],
)

/** Preferences that the web app stores for a person. Without a row, the defaults apply. */
export const userPreferences = sqliteTable("user_preferences", {
  id: integer().primaryKey(),
  orgUserId: integer("orguser_id").notNull(),
  disclaimerShown: flag("disclaimer_shown").notNull().default(false),
  lastVisitedTransformTab: text("last_visited_transform_tab").$type<"ui" | "github">(),
  enableLlmRequested: flag("enable_llm_requested").notNull().default(false),
  trialWalkthrough: text("trial_walkthrough", { mode: "json" }).$type<Record<string, unknown>>(),
  createdAt: text("created_at").notNull(),
  updatedAt: text("updated_at").notNull(),
})

/** Policies of an organisation for its members. Without a row, each member chooses. */
export const orgNotificationPolicies = sqliteTable(
  "org_notification_policies",
  {
    orgId: integer("org_id").notNull(),
    category: text().$type<Category | "all">().notNull(),
    channel: text().$type<Channel>().notNull(),
    policy: text().$type<Policy>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.category, table.orgId, table.channel] })],
)

export const orgPreferences = sqliteTable("org_preferences", {
  id: integer().primaryKey(),
  orgId: integer("org_id").notNull(),
  llmOptin: flag("llm_optin"),
  urgentCategories: lenientJson<Category[]>("urgent_categories", (value) =>
    Array.isArray(value) ? value.filter(isCategory) : null,
  ),
  createdAt: text("created_at").notNull(),
  updatedAt: text("updated_at").notNull(),
})

/** The webhook of an organisation in one chat product. A row without a webhook: an admin removed it. */
export const chatWebhooks = sqliteTable(
  "chat_webhooks",
  {
    orgId: integer("org_id").notNull(),
    product: text().$type<ChatProduct>().notNull(),
    enabled: flag("enabled").notNull(),
    /** Encrypted; or in plain text, as Dalgo stored it, until the cron encrypts it. */
    webhook: text(),
    /** When the product answered that the webhook is gone. That disabled it. */
    goneAt: integer("gone_at"),
    goneReason: text("gone_reason"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** Since when the product refuses messages for a setting that an admin can correct. The webhook stays enabled. */
    refusedAt: integer("refused_at"),
    refusedReason: text("refused_reason"),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.product] })],
)

const isNamedTimes = (value: unknown): value is NamedTime[] =>
  Array.isArray(value) &&
  value.every((named) => Array.isArray(named) && typeof named[0] === "number" && isText(named[1]))

const isLink = (value: unknown): value is NotificationLink =>
  isObject(value) && isText((value as NotificationLink).url) && isText((value as NotificationLink).label)

export const notifications = sqliteTable("notifications", {
  id: integer().primaryKey({ autoIncrement: true }),
  orgId: integer("org_id"),
  author: text().notNull(),
  message: text().notNull(),
  emailSubject: text("email_subject"),
  category: text().$type<Category>().notNull(),
  urgent: flag("urgent").notNull(),
  audience: text({ mode: "json" }).$type<Audience>(),
  createdAt: integer("created_at").notNull(),
  scheduledAt: integer("scheduled_at"),
  sentAt: integer("sent_at"),
  summarisedAt: integer("summarised_at"),
  publicationId: text("publication_id").notNull(),
  dedupeKey: text("dedupe_key"),
  requestHash: text("request_hash"),
  emailDueAt: integer("email_due_at"),
  fanOutAfter: integer("fan_out_after").notNull().default(0),
  dueAt: integer("due_at"),
  attempts: integer().notNull().default(0),
  goneUpTo: integer("gone_up_to").notNull().default(0),
  operatorNote: text("operator_note"),
  times: lenientJson<NamedTime[]>("times", (value) => (isNamedTimes(value) ? value : null)),
  createdBy: text("created_by"),
  skipEmail: flag("skip_email").notNull().default(false),
  link: lenientJson<NotificationLink>("link", (value) => (isLink(value) ? value : null)),
})
export type Notification = typeof notifications.$inferSelect

/** The inboxes, clustered by person. */
export const notificationRecipients = sqliteTable(
  "notification_recipients",
  {
    orgUserId: integer("org_user_id").notNull(),
    isRead: flag("is_read").notNull(),
    sentAt: integer("sent_at").notNull(),
    notificationId: integer("notification_id").notNull(),
    category: text().$type<Category>().notNull(),
    urgent: flag("urgent").notNull(),
    readAt: integer("read_at"),
    /** The reason on each channel where it is not simply `subscribed`. */
    withheld: lenientJson<ChannelReasons>("withheld", (value) => (isObject(value) ? (value as ChannelReasons) : null)),
  },
  (table) => [primaryKey({ columns: [table.orgUserId, table.isRead, table.sentAt, table.notificationId] })],
)

/** Only triggers write this table. */
export const inboxCounters = sqliteTable("inbox_counters", {
  orgUserId: integer("org_user_id").primaryKey(),
  total: integer().notNull(),
  unread: integer().notNull(),
  unreadUrgent: integer("unread_urgent").notNull(),
  version: integer().notNull(),
  /** Counts by `<category>:<urgent>:<is_read>`. */
  kinds: text({ mode: "json" }).$type<Record<string, number>>().notNull(),
})

export const deliveries = sqliteTable(
  "deliveries",
  {
    notificationId: integer("notification_id").notNull(),
    channel: text().$type<DeliveryChannel>().notNull(),
    recipientId: integer("recipient_id").notNull(),
    status: text({ enum: ["pending", "sending", "sent", "failed", "suppressed", "dead"] }).notNull(),
    attempts: integer().notNull().default(0),
    reason: text(),
    since: integer(),
    providerId: text("provider_id"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    dueAt: integer("due_at"),
    orgId: integer("org_id"),
  },
  (table) => [primaryKey({ columns: [table.notificationId, table.channel, table.recipientId] })],
)

/** The browsers in which a person receives web push messages. */
export const pushSubscriptions = sqliteTable(
  "push_subscriptions",
  {
    orgUserId: integer("org_user_id").notNull(),
    endpoint: text().notNull(),
    orgId: integer("org_id").notNull(),
    p256dh: text().notNull(),
    auth: text().notNull(),
    createdAt: integer("created_at").notNull(),
    serverKey: text("server_key").notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgUserId, table.endpoint] })],
)

export const signalEvents = sqliteTable("signal_events", {
  id: integer().primaryKey({ autoIncrement: true }),
  source: text({ enum: EVENT_SOURCES }).notNull(),
  body: text().notNull(),
  status: text({ enum: ["received", "processed", "ignored", "not_understood", "failed"] }).notNull(),
  reason: text(),
  attempts: integer().notNull().default(0),
  receivedAt: integer("received_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  dueAt: integer("due_at"),
  dedupeKey: text("dedupe_key"),
  /** In whose share of the queue it goes, as far as is known. */
  orgId: integer("org_id"),
  waits: integer().notNull().default(0),
})
export type SignalEvent = typeof signalEvents.$inferSelect

export const flowRuns = sqliteTable("flow_runs", {
  id: text().primaryKey(),
  orgId: integer("org_id"),
  name: text().notNull(),
  deploymentId: text("deployment_id"),
  deploymentName: text("deployment_name"),
  stateType: text("state_type").notNull(),
  stateName: text("state_name").notNull(),
  stateAt: integer("state_at"),
  runCount: integer("run_count"),
  startedAt: integer("started_at"),
  endedAt: integer("ended_at"),
  updatedAt: integer("updated_at").notNull(),
})
export type StoredFlowRun = typeof flowRuns.$inferSelect

export const summaries = sqliteTable("summaries", {
  flowRunId: text("flow_run_id").primaryKey(),
  notificationId: integer("notification_id").notNull(),
  status: text({ enum: ["running", "completed", "failed"] }).notNull(),
  source: text({ enum: ["ai", "extract"] }),
  model: text(),
  text: text(),
  reason: text(),
  attempts: integer().notNull().default(0),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  dueAt: integer("due_at"),
  logRunIds: lenientJson<string[]>("log_run_ids", (value) =>
    Array.isArray(value) && value.every(isText) ? value : null,
  ),
  orgId: integer("org_id"),
  failure: text({ mode: "json" }).$type<Failure>(),
})

/** One row: where the purge continues. */
export const retention = sqliteTable("retention", {
  id: integer().primaryKey(),
  afterOrgUserId: integer("after_org_user_id").notNull(),
  afterPosition: integer("after_position").notNull(),
  pausedUntil: integer("paused_until").notNull(),
})

/** The dedupe keys of purged notifications. Only a trigger writes this table. */
export const spentDedupeKeys = sqliteTable("spent_dedupe_keys", {
  dedupeKey: text("dedupe_key").primaryKey(),
})

/** Imported notifications that were deleted here. An import does not insert them again. */
export const deletedImports = sqliteTable("deleted_imports", {
  publicationId: text("publication_id").primaryKey(),
})

/** People who asked to be erased. An import brings nothing of them back. */
export const erasures = sqliteTable("erasures", {
  orgUserId: integer("org_user_id").primaryKey(),
  requestedAt: integer("requested_at").notNull(),
  doneAt: integer("done_at"),
  address: text(),
  name: text(),
  eventsUpTo: integer("events_up_to").notNull().default(0),
})

/** One row: the last run of the cron. */
export const cronRuns = sqliteTable("cron_runs", {
  id: integer().primaryKey(),
  ranAt: integer("ran_at").notNull(),
  failedTasks: text("failed_tasks", { mode: "json" }).$type<string[]>().notNull(),
})

/** Messages that failed on every retry. */
export const deadLetters = sqliteTable("dead_letters", {
  messageId: text("message_id").primaryKey(),
  queue: text().notNull(),
  body: text().notNull(),
  diedAt: integer("died_at").notNull(),
})
