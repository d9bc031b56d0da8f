import { MisconfiguredError } from "./errors"

export type LogLevel = "debug" | "info" | "warn" | "error"

/**
 * Every event that the log knows, with its level. `docs/operations.md` explains each one; a test compares the two.
 * `error`: somebody has to act, or somebody missed something. `warn`: the service recovers without help, but frequent
 * lines mean trouble. `info`: normal operation. `debug`: normal and of no interest until something is investigated.
 */
export const LOG_LEVELS = {
  request_failed: "error",
  misconfigured: "error",
  rpc_call_failed: "error",
  access_token_rejected: "warn",
  jwks_unavailable: "warn",
  jwks_key_skipped: "warn",
  acted_for_member: "info",
  sns_message_rejected: "warn",
  enqueue_failed: "warn",
  queue_message_retried: "warn",
  dead_letters_received: "error",
  signal_not_understood: "warn",
  signal_processed: "info",
  signal_failed: "error",
  prefect_refused: "error",
  prefect_unavailable: "warn",
  notification_published: "info",
  fan_out_failed: "error",
  scheduled_notification_cancelled: "info",
  member_erased: "info",
  delivery_sent: "info",
  delivery_postponed: "warn",
  delivery_suppressed: "info",
  delivery_failed: "error",
  email_misconfigured: "error",
  platform_admin_address_bounced: "error",
  summary_added: "info",
  summary_model_failed: "warn",
  urgent_bar_unavailable: "warn",
  urgent_bar_update_failed: "warn",
  urgent_bar_updates_skipped: "info",
  socket_message_failed: "error",
  socket_send_failed: "debug",
  backend_failed: "error",
  person_provisioned: "info",
  platform_entry_invalid: "warn",
  platform_lookups_limited: "warn",
  cron_task_failed: "error",
  webhook_reencryption_failed: "error",
  webhook_update_failed: "warn",
  push_key_refused: "error",
} as const satisfies Record<string, LogLevel>

export type LogEvent = keyof typeof LOG_LEVELS

/** An event that tells of a failure: by its level, or by its name. */
export type FailureEvent = {
  [Event in LogEvent]: (typeof LOG_LEVELS)[Event] extends "warn" | "error"
    ? Event
    : Event extends `${string}_failed`
      ? Event
      : never
}[LogEvent]

/**
 * A value from our code, or the class of an error: never text that was sent to us. The line of a failure must have one,
 * so that nobody has to look elsewhere for the cause.
 */
type Reason =
  | { event: FailureEvent; reason: string }
  | { event: Exclude<LogEvent, FailureEvent>; reason?: string | undefined }

/** The fields of a log line. The set is closed: no token, address, request body or message text has a field. */
export type LogFields = {
  request_id?: string
  /** The caller's own id of a request, as `http/request-id` cleans it. */
  client_request_id?: string
  /** The innermost frames of an unexpected error. */
  stack?: string
  status?: number
  /** The final status of failed deliveries. */
  outcome?: "failed" | "dead"
  notification_id?: number
  signal_id?: number
  flow_run_id?: string
  org_id?: number
  org_user_id?: number
  /** `person:<user_id>`, `service:<hash of its key>` or `system`. */
  caller?: string
  channel?: string
  source?: string
  queue?: string
  /** The function of a cron task. */
  task?: string
  count?: number
  ms?: number
}

export type LogLine = Reason & LogFields

/** Writes one line of JSON, with the level of its event. */
export const log = (line: LogLine) => console.log(JSON.stringify({ level: LOG_LEVELS[line.event], ...line }))

/** The four innermost frames of an error's stack, without its message, which may hold text that was sent to us. */
export function topFrames({ stack = "", message }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length).split("\n")
  return frames
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 4)
    .map((line) => line.trim())
    .join(" < ")
}

/** The name of an error's class. Messages are not logged, since they may hold parameters; `MisconfiguredError`'s are safe. */
export function errorName(error: unknown): string {
  if (error instanceof MisconfiguredError) return error.message
  return error instanceof Error ? error.name : typeof error
}
