import * as z from "zod/mini"
import type { ErrorCode } from "../../src/runtime/errors"
import type { RouteMeta, Access } from "../../src/http/route-meta"
import { STATUS } from "../../src/http/errors"
import type { RouteDocs } from "../../src/http/route-docs"
import type { JsonSchema } from "./json-schema"
import { withSchemaName } from "../../src/http/schema-name"

const ErrorBody = withSchemaName("Refusal", z.object({ detail: z.string() }))
const Issue = withSchemaName(
  "Flaw",
  z.object({
    loc: z.array(z.union([z.string(), z.int()])).check(z.describe("where: body, query, path or header, then the way")),
    msg: z.string().check(z.describe("in words")),
    type: z.string().check(z.describe("by which rule")),
  }),
)
const ValidationErrorBody = withSchemaName("Flaws", z.object({ detail: z.array(Issue).check(z.minLength(1)) }))
const InternalErrorBody = withSchemaName(
  "Failure",
  z.object({ detail: z.literal("internal error"), request_id: z.string() }),
)

/** Of each code: what it means, and what it says, for example. */
const ERROR_DOCS: Record<ErrorCode, [meaning: string, example: string]> = {
  unauthenticated: ["No token or key, or a bad one.", "Not signed in"],
  token_expired: ["The token was good and has expired: refresh it and try again.", "Token expired"],
  not_allowed: ["Signed in, but not permitted.", "not allowed"],
  not_found: ["Not there, or somebody else's.", "organisation not found"],
  rejected: ["A rule was broken.", "No users found for the given information"],
  conflict: [
    "This `Idempotency-Key` came with another body within the last 24 hours.",
    "this Idempotency-Key was used with another body",
  ],
  too_large: ["The body is too large.", "the body is larger than 65536 bytes"],
  not_json: ["The body is not `application/json`.", "the body must be application/json"],
  invalid: ["The request does not fit: where, why, and by which rule.", ""],
  rate_limited: ["Too many at once.", "too many at once"],
  unavailable: [
    "What is needed to answer is not configured, or cannot be reached.",
    "sign-in cannot be checked right now",
  ],
}

const EXAMPLE_ISSUE = { loc: ["body", "category"], msg: "Invalid option", type: "invalid_value" }

const responseName = (code: ErrorCode) => code.replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase())

type Header = { $ref: string }
export const headerRef = (name: string): Header => ({ $ref: `#/components/headers/${name}` })

/** The answers that are refusals, one for each code and one for what is our fault. */
export function errorResponses(convert: (schema: z.ZodMiniType, direction: "output") => JsonSchema) {
  const response = (
    description: string,
    schema: z.ZodMiniType,
    example: object,
    headers: Record<string, Header> = {},
  ) => ({
    description,
    headers,
    content: { "application/json": { schema: convert(schema, "output"), example } },
  })
  const responseFor = (code: ErrorCode) => {
    const [meaning, detail] = ERROR_DOCS[code]
    if (code === "invalid") return response(meaning, ValidationErrorBody, { detail: [EXAMPLE_ISSUE] })
    const mayTryAgain = code === "rate_limited" || code === "unavailable"
    return response(meaning, ErrorBody, { detail }, mayTryAgain ? { "Retry-After": headerRef("RetryAfter") } : {})
  }
  return {
    ...Object.fromEntries(
      (Object.keys(ERROR_DOCS) as ErrorCode[]).map((code) => [responseName(code), responseFor(code)]),
    ),
    Failed: response("Our fault; the log knows more under the request's id.", InternalErrorBody, {
      detail: "internal error",
      request_id: "4f9d2f6e-7a53-4a2b-9a7c-0f8d9b1c2d3e",
    }),
  }
}

const TOKEN_ERRORS = ["unauthenticated", "token_expired", "unavailable"] as const

const ACCESS_ERRORS: Record<Access, readonly ErrorCode[]> = {
  "signed in": TOKEN_ERRORS,
  member: [...TOKEN_ERRORS, "not_allowed", "not_found"],
  "any admin": [...TOKEN_ERRORS, "not_allowed", "not_found"],
  "org member": [...TOKEN_ERRORS, "not_allowed", "not_found", "rejected"],
  "org admin": [...TOKEN_ERRORS, "not_allowed", "not_found", "rejected"],
  "platform only": [...TOKEN_ERRORS, "not_allowed"],
  "webhook key": ["unauthenticated", "unavailable"],
  "sns signature": ["unauthenticated", "unavailable"],
}

/** How a route refuses: pointers to the answers above, by status. */
export function errorResponsesOf(demand: RouteMeta, described: RouteDocs) {
  const codes = new Set<ErrorCode>([
    ...(demand.access ? ACCESS_ERRORS[demand.access] : []),
    ...when(demand.path, "not_found", "invalid"),
    ...when(demand.query, "invalid"),
    ...when(demand.maxBodyBytes, "too_large"),
    ...when(demand.body, "not_json", "invalid"),
    ...when(demand.idempotent, "conflict", "invalid"),
    ...when(demand.rateLimited, "rate_limited"),
    ...when(described.badRequests, "rejected"),
    ...(Object.keys(described.errors ?? {}) as ErrorCode[]),
  ])
  const responses = [...codes].map((code) => {
    const description = describeError(code, demand, described)
    const pointer = { $ref: `#/components/responses/${responseName(code)}` }
    return [STATUS[code], description ? { ...pointer, description } : pointer] as const
  })
  return Object.fromEntries([...responses, [500, { $ref: "#/components/responses/Failed" }]])
}

const when = (demanded: unknown, ...codes: ErrorCode[]) => (demanded ? codes : [])

const ORG_REQUIRED = "x-dalgo-org is required to choose an organisation."

function describeError(code: ErrorCode, demand: RouteMeta, described: RouteDocs): string | undefined {
  const words = described.errors?.[code]
  if (words) return words
  if (code === "too_large") return `The body is larger than ${demand.maxBodyBytes} bytes.`
  if (code !== "rejected") return undefined
  const mustChoose = demand.access === "org member" || demand.access === "org admin"
  const sentences = [...(described.badRequests ?? []), ...(mustChoose ? [ORG_REQUIRED] : [])]
  return [ERROR_DOCS.rejected[0], ...sentences.map((sentence) => `- ${sentence}`)].join("\n")
}
