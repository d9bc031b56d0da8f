import { zValidator } from "@hono/zod-validator"
import type { Context } from "hono"
import { bodyLimit } from "hono/body-limit"
import { every } from "hono/combine"
import { etag, RETAINED_304_HEADERS } from "hono/etag"
import { createMiddleware } from "hono/factory"
import { matchedRoutes } from "hono/route"
import * as z from "zod/mini"
import en from "zod/v4/locales/en.js"
import { AppError } from "../runtime/errors"
import { toIssues, unknownField, unstorableIssue, validationError } from "../runtime/validation-issues"
import { unstorableTexts } from "../runtime/zod"
import { bearerToken, cookieToken } from "./authenticate"
import { metaOf, withMeta } from "./route-meta"
import type { AppEnv } from "./router"

// zod/mini has no messages of its own: without a locale, every message is "Invalid input".
z.config(en())

const KIB = 1024

/** Limits the size of a body of any content type. */
const rawBodyLimit = (bytes: number) =>
  withMeta(
    { maxBodyBytes: bytes },
    bodyLimit({
      maxSize: bytes,
      onError: () => {
        throw new AppError("too_large", `the body is larger than ${bytes} bytes`)
      },
    }),
  )

export const rawBody = rawBodyLimit(64 * KIB)

/** `rawBody` for a sender that cannot keep its bodies small. */
export const largeRawBody = rawBodyLimit(1_024 * KIB)

const contentTypeOf = (c: Context<AppEnv>) => c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase()

const requireJson = ({ checksTexts }: { checksTexts: boolean }) =>
  createMiddleware<AppEnv>(async (c, next) => {
    if (contentTypeOf(c) !== "application/json") throw new AppError("not_json", "the body must be application/json")
    const value = parseBody(await c.req.arrayBuffer())
    if (checksTexts) refuseUnstorable("body", value)
    await next()
  })

/**
 * Declares text to be JSON where a Bearer token signs in. Not with a cookie: pages of other origins may send text with it
 * without asking (CSRF).
 */
const textIsJson = createMiddleware<AppEnv>(async (c, next) => {
  const isText = ["text/plain", undefined].includes(contentTypeOf(c))
  if (isText && bearerToken(c) && !cookieToken(c)) {
    const headers = new Headers(c.req.raw.headers)
    headers.set("content-type", "application/json")
    c.req.raw = new Request(c.req.raw, { headers })
  }
  await next()
})

function parseBody(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    throw validationError([{ loc: ["body"], msg: "the body is not valid JSON", type: "json_invalid" }])
  }
}

/** Refuses texts that cannot be stored as they are, whatever their field. */
function refuseUnstorable(where: "body" | "query", value: unknown): void {
  const paths = unstorableTexts(value)
  if (paths.length === 0) return
  throw validationError(paths.map((path) => unstorableIssue([where, ...path])))
}

const jsonBodyLimit = (bytes: number, { checksTexts = true } = {}) =>
  withMeta({ maxBodyBytes: bytes }, every(rawBodyLimit(bytes), requireJson({ checksTexts })))

/**
 * Rejects, in this order, a body that is too large (413), of another content type (415), not JSON (422), or with a text
 * that cannot be stored (422).
 */
export const jsonBody = jsonBodyLimit(64 * KIB)

/** `jsonBody` for the routes that were kept from Dalgo, whose old web app sends JSON as text. */
export const jsonOrTextBody = withMeta({ maxBodyBytes: 64 * KIB, takesText: true }, every(textIsJson, jsonBody))

/** 10,000 members with long names, or as many recipients. */
const LARGE = 1_536 * KIB

/** `jsonBody` for a long list that is validated row by row. The rule for the rows checks their texts. */
export const largeJsonBody = jsonBodyLimit(LARGE, { checksTexts: false })

const largeJsonOrTextBody = every(textIsJson, jsonBodyLimit(LARGE))

/** `jsonOrTextBody` with more room for servers, which send lists. Must come after authentication. */
export const jsonBodyBySender = withMeta(
  { maxBodyBytes: 64 * KIB, takesText: true },
  createMiddleware<AppEnv>((c, next) =>
    (c.var.caller.kind === "service" ? largeJsonOrTextBody : jsonOrTextBody)(c, next),
  ),
)

/**
 * Validates the body: `c.req.valid("json")`. `jsonBody` must come first. `describedAs` is the schema in the API description,
 * for a list that is validated row by row.
 */
export const body = <T extends z.ZodMiniType>(
  schema: T,
  { describedAs = schema }: { describedAs?: z.ZodMiniType } = {},
) =>
  withMeta(
    { body: describedAs },
    zValidator("json", schema, (result) => {
      if (!result.success) throw validationError(toIssues(["body"], result.error.issues))
    }),
  )

/** Validates the query: `c.req.valid("query")`. */
export const query = <T extends z.ZodMiniType>(schema: T) =>
  withMeta(
    { query: schema },
    zValidator("query", schema, (result) => {
      if (!result.success) throw validationError(toIssues(["query"], result.error.issues))
    }),
  )

/** For routes that take no parameters, where `isChecked`. Middleware of all routes, since none of them has it by itself. */
export const refuseUnknownParameters = (isChecked: (path: string) => boolean) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const names = Object.keys(c.req.query())
    if (names.length > 0 && isChecked(c.req.path)) {
      const metas = matchedRoutes(c).map(({ handler }) => metaOf(handler))
      const takesNone = metas.some(({ access }) => access) && !metas.some((meta) => meta.query)
      if (takesNone) throw validationError(names.map((name) => unknownField(["query", name])))
    }
    await next()
  })

/** Validates the path parameters: `c.req.valid("param")`. */
export const path = <T extends z.ZodMiniType>(schema: T) =>
  withMeta(
    { path: schema },
    zValidator("param", schema, (result) => {
      if (!result.success) throw validationError(toIssues(["path"], result.error.issues))
    }),
  )

/** Headers that a 304 keeps besides Hono's defaults: CORS, and the id of the request. */
const RETAINED_HEADERS = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-expose-headers",
  "x-request-id",
]

/** Answers 304 if `If-None-Match` is current. Responses are personal, so shared caches must not store them. */
export const conditionalGet = withMeta(
  { conditional: true },
  every(
    createMiddleware<AppEnv>(async (c, next) => {
      await next()
      // An error has a tag too, which nobody needs.
      if (c.res.ok || c.res.status === 304) c.header("Cache-Control", "private, no-cache")
    }),
    etag({ retainedHeaders: [...RETAINED_304_HEADERS, ...RETAINED_HEADERS] }),
  ),
)
