import type * as z from "zod/mini"
import { AppError, type ValidationIssue } from "./errors"
import { UNSTORABLE } from "./zod"

export const unstorableIssue = (loc: ValidationIssue["loc"]): ValidationIssue => ({
  loc,
  msg: UNSTORABLE,
  type: "unstorable_text",
})

/** A field, or a parameter of the query, that does not exist. */
export const unknownField = (loc: ValidationIssue["loc"]): ValidationIssue => ({
  loc,
  msg: loc[0] === "query" ? "no such parameter" : "no such field",
  type: "unrecognized_keys",
})

/** At most 100 of the issues are sent. */
export const validationError = (issues: ValidationIssue[]) =>
  new AppError("invalid", "the input does not fit", { issues: issues.slice(0, MAX_ISSUES) })

/** A list of 10,000 wrong members must not become a response of megabytes. */
export const MAX_ISSUES = 100

/** The issues of a value at this place in the request. */
export function toIssues(at: (string | number)[], issues: readonly z.core.$ZodIssue[]): ValidationIssue[] {
  return issues.slice(0, MAX_ISSUES).flatMap((issue): ValidationIssue[] => {
    const loc = [...at, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))]
    if (issue.code !== "unrecognized_keys") return [{ loc, msg: issue.message, type: issue.code }]
    return issue.keys.map((key) => unknownField([...loc, key]))
  })
}
