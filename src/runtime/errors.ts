/** The errors that a caller may see. `http/errors.ts` maps each to its HTTP status. */
export type ErrorCode =
  | "unauthenticated"
  | "token_expired"
  | "not_allowed"
  | "not_found"
  | "rejected"
  | "conflict"
  | "too_large"
  | "not_json"
  | "invalid"
  | "rate_limited"
  | "unavailable"
  | "timed_out"
  | "loop"

/**
 * One problem with the input: its location, a message, and the rule that it breaks. The shape is FastAPI's, and a row of a
 * list of members also names its person.
 */
export type ValidationIssue = { loc: (string | number)[]; msg: string; type: string; user_id?: string | number }

/** An error whose message is sent to the caller. The message of any other error stays private. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { issues?: ValidationIssue[]; retryAfterSeconds?: number } = {},
  ) {
    super(message)
  }
}

/**
 * A variable is missing or not usable. `http/errors.ts` answers 503, and queues try again later. The message names the
 * variable and never has its value, so that it may be sent, logged and stored.
 */
export class MisconfiguredError extends Error {
  override readonly name = "MisconfiguredError"
}

/** A setting that the caller can do without; `undefined` while it is missing or invalid. */
export function ifUsable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MisconfiguredError) return undefined
    throw error
  }
}

/** Also for what belongs to another organisation: a caller must not learn that it exists. */
export const notFound = (what: string) => new AppError("not_found", `${what} not found`)

export const notAllowed = () => new AppError("not_allowed", "not allowed")
