import * as z from "zod/mini"
import type { ErrorCode } from "../../src/runtime/errors"
import type { Demand, Door } from "../../src/http/route-meta"
import { STATUS } from "../../src/http/errors"
import type { Described } from "../../src/http/route-docs"
import type { JsonSchema } from "./json-schema"
import { named } from "./schema-name"

const Refusal = named("Refusal", z.object({ detail: z.string() }))
const Flaw = named(
  "Flaw",
  z.object({
    loc: z.array(z.union([z.string(), z.int()])).check(z.describe("where: body, query, path or header, then the way")),
    msg: z.string().check(z.describe("in words")),
    type: z.string().check(z.describe("by which rule")),
  }),
)
const Flaws = named("Flaws", z.object({ detail: z.array(Flaw).check(z.minLength(1)) }))
const Failure = named("Failure", z.object({ detail: z.literal("internal error"), request_id: z.string() }))

/** Of each code: what it means, and what it says, for example. */
const WORDS: Record<ErrorCode, [meaning: string, example: string]> = {
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

const FLAW = { loc: ["body", "category"], msg: "Invalid option", type: "invalid_value" }

const nameOf = (code: ErrorCode) => code.replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase())

type Header = { $ref: string }
export const headerNamed = (name: string): Header => ({ $ref: `#/components/headers/${name}` })

/** The answers that are refusals, one for each code and one for what is our fault. */
export function refusalResponses(convert: (schema: z.ZodMiniType, direction: "output") => JsonSchema) {
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
    const [meaning, detail] = WORDS[code]
    if (code === "invalid") return response(meaning, Flaws, { detail: [FLAW] })
    const mayTryAgain = code === "rate_limited" || code === "unavailable"
    return response(meaning, Refusal, { detail }, mayTryAgain ? { "Retry-After": headerNamed("RetryAfter") } : {})
  }
  return {
    ...Object.fromEntries((Object.keys(WORDS) as ErrorCode[]).map((code) => [nameOf(code), responseFor(code)])),
    Failed: response("Our fault; the log knows more under the request's id.", Failure, {
      detail: "internal error",
      request_id: "4f9d2f6e-7a53-4a2b-9a7c-0f8d9b1c2d3e",
    }),
  }
}

const TOKEN = ["unauthenticated", "token_expired", "unavailable"] as const

const AT_DOOR: Record<Door, readonly ErrorCode[]> = {
  "signed in": TOKEN,
  "own inbox": [...TOKEN, "not_allowed", "not_found"],
  admins: [...TOKEN, "not_allowed", "not_found"],
  organisation: [...TOKEN, "not_allowed", "not_found", "rejected"],
  "own organisation": [...TOKEN, "not_allowed", "not_found", "rejected"],
  operators: [...TOKEN, "not_allowed"],
  "webhook key": ["unauthenticated", "unavailable"],
  "signed by Amazon": ["unauthenticated", "unavailable"],
}

/** How a route refuses: pointers to the answers above, by status. */
export function refusalsOf(demand: Demand, described: Described) {
  const codes = new Set<ErrorCode>([
    ...(demand.door ? AT_DOOR[demand.door] : []),
    ...when(demand.path, "not_found", "invalid"),
    ...when(demand.query, "invalid"),
    ...when(demand.largestBodyBytes, "too_large"),
    ...when(demand.body, "not_json", "invalid"),
    ...when(demand.idempotent, "conflict", "invalid"),
    ...when(demand.limited, "rate_limited"),
    ...when(described.rejects, "rejected"),
    ...(Object.keys(described.refuses ?? {}) as ErrorCode[]),
  ])
  const responses = [...codes].map((code) => {
    const description = inWords(code, demand, described)
    const pointer = { $ref: `#/components/responses/${nameOf(code)}` }
    return [STATUS[code], description ? { ...pointer, description } : pointer] as const
  })
  return Object.fromEntries([...responses, [500, { $ref: "#/components/responses/Failed" }]])
}

const when = (demanded: unknown, ...codes: ErrorCode[]) => (demanded ? codes : [])

const CHOOSE = "x-dalgo-org is required to choose an organisation."

function inWords(code: ErrorCode, demand: Demand, described: Described): string | undefined {
  const words = described.refuses?.[code]
  if (words) return words
  if (code === "too_large") return `The body is larger than ${demand.largestBodyBytes} bytes.`
  if (code !== "rejected") return undefined
  const mustChoose = demand.door === "organisation" || demand.door === "own organisation"
  const sentences = [...(described.rejects ?? []), ...(mustChoose ? [CHOOSE] : [])]
  return [WORDS.rejected[0], ...sentences.map((sentence) => `- ${sentence}`)].join("\n")
}
