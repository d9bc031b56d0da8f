import * as z from "zod/mini"
import type { ErrorCode } from "../../src/runtime/errors"
import { isKeptRoute } from "../../src/http/kept-routes"
import type { RouteMeta, Access } from "../../src/http/route-meta"
import { STATUS } from "../../src/http/errors"
import type { RouteDocs } from "../../src/http/route-docs"
import type { JsonSchema } from "./json-schema"
import { withSchemaName } from "../../src/http/schema-name"

const ErrorBody = withSchemaName("Error", z.object({ detail: z.string() }))
const Issue = withSchemaName(
  "ValidationIssue",
  z.object({
    loc: z
      .array(z.union([z.string(), z.int()]))
      .check(z.describe("location: body, query, path or header, then the path within it")),
    msg: z.string().check(z.describe("message")),
    type: z.string().check(z.describe("the rule that is broken")),
    user_id: z.exactOptional(z.union([z.string(), z.int()]).check(z.describe("in a list of members: whose row it is"))),
  }),
)
const ValidationErrorBody = withSchemaName(
  "ValidationError",
  z.object({ detail: z.array(Issue).check(z.minLength(1)) }),
)
const InternalErrorBody = withSchemaName(
  "InternalError",
  z.object({ detail: z.literal("internal error"), request_id: z.string() }),
)

/** The meaning of each code, and an example of its `detail`. */
const ERROR_DOCS: Record<ErrorCode, [meaning: string, example: string]> = {
  unauthenticated: ["The token or key is missing or invalid, or a Bearer token has expired.", "Not signed in"],
  token_expired: ["The token in the cookie has expired: refresh it and try again.", "Token expired"],
  not_allowed: ["The caller lacks the permission.", "not allowed"],
  not_found: ["It does not exist, or belongs to another organisation or person.", "organisation not found"],
  rejected: ["A rule was broken.", "No users found for the given information"],
  conflict: [
    "This `Idempotency-Key` was used with another body within the last 24 hours.",
    "this Idempotency-Key was used with another body",
  ],
  too_large: ["The body is too large.", "the body is larger than 65536 bytes"],
  not_json: ["The content type is not that of JSON.", "the body must be application/json"],
  invalid: ["The request is invalid. Each issue has a location, a message and a rule.", ""],
  rate_limited: ["Too many requests.", "too many at once"],
  unavailable: ["A dependency is not configured or does not answer.", "sign-in cannot be checked right now"],
  timed_out: ["Dalgo's backend did not answer in time.", "Dalgo's backend did not answer in time"],
  loop: ["The service is connected to itself.", "PLATFORM_ORIGIN leads back to this service"],
}

const EXAMPLE_ISSUE = { loc: ["body", "category"], msg: "Invalid option", type: "invalid_value" }

const responseName = (code: ErrorCode) => code.replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase())

type Header = { $ref: string }
export const headerRef = (name: string): Header => ({ $ref: `#/components/headers/${name}` })

/** The components for error responses: one for each code, and one for status 500. */
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
    const isRetryable = code === "rate_limited" || code === "unavailable"
    return response(meaning, ErrorBody, { detail }, isRetryable ? { "Retry-After": headerRef("RetryAfter") } : {})
  }
  return {
    ...Object.fromEntries(
      (Object.keys(ERROR_DOCS) as ErrorCode[]).map((code) => [responseName(code), responseFor(code)]),
    ),
    InternalError: response("An unexpected error. The log has the details under `request_id`.", InternalErrorBody, {
      detail: "internal error",
      request_id: "4f9d2f6e-7a53-4a2b-9a7c-0f8d9b1c2d3e",
    }),
  }
}

const TOKEN_ERRORS = ["unauthenticated", "token_expired", "unavailable"] as const

const ACCESS_ERRORS: Record<Access, readonly ErrorCode[]> = {
  "signed in": [...TOKEN_ERRORS, "not_allowed"],
  member: [...TOKEN_ERRORS, "not_allowed", "not_found"],
  "member in person": [...TOKEN_ERRORS, "not_allowed", "not_found"],
  "any admin": [...TOKEN_ERRORS, "not_allowed", "not_found"],
  "org member": [...TOKEN_ERRORS, "not_allowed", "not_found", "rejected"],
  "org admin": [...TOKEN_ERRORS, "not_allowed", "not_found", "rejected"],
  "platform only": [...TOKEN_ERRORS, "not_allowed"],
  "server only": [...TOKEN_ERRORS, "not_allowed"],
  "webhook key": ["unauthenticated", "unavailable"],
  "sns signature": ["unauthenticated", "unavailable"],
}

const takesToken = ({ access }: RouteMeta) => access !== undefined && ACCESS_ERRORS[access].includes("token_expired")

/** The error responses of a route, by status, as references to the components. */
export function errorResponsesOf({ path, meta }: { path: string; meta: RouteMeta }, docs: RouteDocs) {
  const codes = new Set<ErrorCode>([
    ...(meta.access ? ACCESS_ERRORS[meta.access] : []),
    ...when(meta.path, "not_found", "invalid"),
    ...when(meta.query, "invalid"),
    // A parameter that does not exist.
    ...when(takesToken(meta) && !isKeptRoute(path), "invalid"),
    ...when(meta.maxBodyBytes, "too_large"),
    ...when(meta.body, "not_json", "invalid"),
    ...when(meta.idempotent, "conflict", "invalid"),
    ...when(meta.rateLimited, "rate_limited"),
    ...when(docs.badRequests, "rejected"),
    ...(Object.keys(docs.errors ?? {}) as ErrorCode[]),
  ])
  const responses = [...codes].map((code) => {
    const description = describeError(code, meta, docs)
    const reference = { $ref: `#/components/responses/${responseName(code)}` }
    return [STATUS[code], description ? { ...reference, description } : reference] as const
  })
  return Object.fromEntries([...responses, [500, { $ref: "#/components/responses/InternalError" }]])
}

const when = (applies: unknown, ...codes: ErrorCode[]) => (applies ? codes : [])

const ORG_REQUIRED = "x-dalgo-org is required to choose an organisation."

function describeError(code: ErrorCode, meta: RouteMeta, docs: RouteDocs): string | undefined {
  const specific = docs.errors?.[code]
  if (specific) return specific
  if (code === "too_large") return `The body is larger than ${meta.maxBodyBytes} bytes.`
  if (code !== "rejected") return undefined
  const needsOrg = meta.access === "org member" || meta.access === "org admin"
  const messages = [...(docs.badRequests ?? []), ...(needsOrg ? [ORG_REQUIRED] : [])]
  return [ERROR_DOCS.rejected[0], ...messages.map((message) => `- ${message}`)].join("\n")
}
