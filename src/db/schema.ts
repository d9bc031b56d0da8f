import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import type { Category } from "../domain/categories"
import type { Channel, DeliveryChannel, ChatProduct } from "../domain/channels"
import { EVENT_SOURCES } from "../runtime/queue-messages"
import type { OptOutCause, Policy, ChannelReasons } from "../domain/delivery-rules"
import type { Audience } from "../domain/audience"
import type { Role } from "../domain/roles"

// The tables as the migrations leave them. Times are integers: milliseconds since 1970, UTC. The indexes stand
// in the migrations, each below the query that it serves; test/db/schema.test.ts holds both to the same columns.
//
// Two traps of drizzle: columns of one name in a joined select change places in `db.batch` (alias them), and in a
// select from one table it leaves the table's name out, also within a subquery (write `${table}.column` there).

const flag = (name: string) => integer(name, { mode: "boolean" })

export const orgs = sqliteTable("orgs", {
  id: integer().primaryKey(),
  slug: text().notNull(),
  name: text().notNull(),
})

/** A person's membership of one organisation: what has an inbox. */
export const orgUsers = sqliteTable("org_users", {
  id: integer().primaryKey(),
  orgId: integer("org_id").notNull(),
  userId: text("user_id").notNull(),
  email: text().notNull(),
  role: text().$type<Role>().notNull(),
  name: text(),
  removedAt: integer("removed_at"),
})

/** What a person switched; no row means on. */
export const userNotificationPreferences = sqliteTable(
  "user_notification_preferences",
  {
    orgUserId: integer("org_user_id").notNull(),
    category: text().$type<Category | "all">().notNull(),
    channel: text().$type<Channel>().notNull(),
    enabled: flag("enabled").notNull(),
    changedAt: integer("changed_at").notNull(),
    /** Why it is off though its reader did not switch it. */
    reason: text().$type<OptOutCause>(),
  },
  (table) => [primaryKey({ columns: [table.orgUserId, table.category, table.channel] })],
)

/** What the web app keeps for a person; no row means that nothing was kept yet. */
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

/** What an organisation decided for its people; no row means that each decides. */
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
  urgentCategories: text("urgent_categories", { mode: "json" }).$type<Category[]>(),
  enableDiscordNotifications: flag("enable_discord_notifications").notNull(),
  discordWebhook: text("discord_webhook"),
  createdAt: text("created_at").notNull(),
  updatedAt: text("updated_at").notNull(),
  enableSlackNotifications: flag("enable_slack_notifications").notNull().default(false),
  slackWebhook: text("slack_webhook"),
  discordGoneAt: integer("discord_gone_at"),
  discordGoneReason: text("discord_gone_reason"),
  slackGoneAt: integer("slack_gone_at"),
  slackGoneReason: text("slack_gone_reason"),
})

/** What is kept of each kind of room: whether it is told, its webhook, and when and why that was found gone. */
export const CHAT_COLUMNS = {
  discord: {
    isOn: "enableDiscordNotifications",
    webhook: "discordWebhook",
    goneAt: "discordGoneAt",
    reason: "discordGoneReason",
  },
  slack: {
    isOn: "enableSlackNotifications",
    webhook: "slackWebhook",
    goneAt: "slackGoneAt",
    reason: "slackGoneReason",
  },
} as const satisfies Record<ChatProduct, Record<string, keyof typeof orgPreferences.$inferSelect>>

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
})
export type Notification = typeof notifications.$inferSelect

/** The inbox, clustered by person. */
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
    withheld: text({ mode: "json" }).$type<ChannelReasons>(),
  },
  (table) => [primaryKey({ columns: [table.orgUserId, table.isRead, table.sentAt, table.notificationId] })],
)

/** Written by triggers only. */
export const inboxCounters = sqliteTable("inbox_counters", {
  orgUserId: integer("org_user_id").primaryKey(),
  total: integer().notNull(),
  unread: integer().notNull(),
  unreadUrgent: integer("unread_urgent").notNull(),
  version: integer().notNull(),
  /** How many of each kind, by `<category>:<urgent>:<is_read>`. */
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

/** A device of a person's. */
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
})
export type SignalEvent = typeof signalEvents.$inferSelect

export const flowRuns = sqliteTable("flow_runs", {
  id: text().primaryKey(),
  orgId: integer("org_id").notNull(),
  name: text().notNull(),
  deploymentId: text("deployment_id"),
  deploymentName: text("deployment_name"),
  stateType: text("state_type").notNull(),
  stateName: text("state_name").notNull(),
  startedAt: integer("started_at"),
  endedAt: integer("ended_at"),
  updatedAt: integer("updated_at").notNull(),
})

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
})

/** Where the purge of what is old goes on, in one row. */
export const retention = sqliteTable("retention", {
  id: integer().primaryKey(),
  afterOrgUserId: integer("after_org_user_id").notNull(),
  afterPosition: integer("after_position").notNull(),
  pausedUntil: integer("paused_until").notNull(),
})

/** Written by a trigger only: keys of notifications that are gone. */
export const spentDedupeKeys = sqliteTable("spent_dedupe_keys", {
  dedupeKey: text("dedupe_key").primaryKey(),
})

/** What a queue gave up on. */
export const deadLetters = sqliteTable("dead_letters", {
  messageId: text("message_id").primaryKey(),
  queue: text().notNull(),
  body: text().notNull(),
  diedAt: integer("died_at").notNull(),
})
