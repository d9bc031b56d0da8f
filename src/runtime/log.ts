import { MisconfiguredError } from "./errors"

/**
 * What a log line may say. The set is closed: no token, no address, no body and no message text fits in.
 */
export type LogLine = {
  event:
    | "request_failed"
    | "call_failed"
    | "sign_in_refused"
    | "hint_lost"
    | "signal_not_understood"
    | "signal_processed"
    | "signal_failed"
    | "notification_published"
    | "delivery_sent"
    | "delivery_put_off"
    | "delivery_suppressed"
    | "delivery_failed"
    | "email_misconfigured"
    | "operator_address_bounced"
    | "dead_letter"
    | "summary_made"
    | "summary_fell_back"
    | "sweep_failed"
    | "bar_failed"
    | "platform_failed"
  request_id?: string
  /** A name of ours, or the class of an error: never what somebody sent. */
  reason?: string
  /** Where in our code, for what nobody foresaw. */
  where?: string
  status?: number
  notification_id?: number
  signal_id?: number
  flow_run_id?: string
  org_id?: number
  channel?: string
  source?: string
  count?: number
  ms?: number
}

/** Writes one JSON line. */
export const log = (line: LogLine) => console.log(JSON.stringify(line))

/** The innermost frames of an error's stack: places in our code. The message above them may hold what somebody sent. */
export function topFrames({ stack = "", message }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length).split("\n")
  return frames
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 4)
    .map((line) => line.trim())
    .join(" < ")
}

/** The kind of an error, which is safe to log where its message may hold parameters. */
export function errorName(error: unknown): string {
  if (error instanceof MisconfiguredError) return error.message
  return error instanceof Error ? error.name : typeof error
}
