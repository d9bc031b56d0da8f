/** Everything that can be the caller's to mend, or is known to happen. http/errors.ts gives each its status. */
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

/** One thing wrong with the input: where, in words, and by which rule. */
export type ValidationIssue = { loc: (string | number)[]; msg: string; type: string }

/** An error whose message is meant for the caller. Anything else that is thrown is a bug and stays private. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { issues?: ValidationIssue[]; retryAfterSeconds?: number } = {},
  ) {
    super(message)
  }
}

/** A setting that is missing. Its message names the variable and nothing else, so that it may be logged and kept. */
export class MisconfiguredError extends Error {
  override readonly name = "MisconfiguredError"
}

/** What is not there, and what belongs to somebody else: the same answer for both. */
export const notFound = (what: string) => new AppError("not_found", `${what} not found`)

export const notAllowed = () => new AppError("not_allowed", "not allowed")
