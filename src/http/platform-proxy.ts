import type { Context } from "hono"
import { every } from "hono/combine"
import { createMiddleware } from "hono/factory"
import { proxy } from "hono/proxy"
import { AppError, notAllowed } from "../runtime/errors"
import { errorName } from "../runtime/log"
import { logPlatformFailure, PLATFORM_MARK, PLATFORM_RETRY_SECONDS } from "../runtime/platform"
import { isForeignOrigin, isServiceCall } from "./authenticate"
import { hasServiceKey } from "./forwarded-credentials"
import type { AppEnv } from "./router"
import { largeRawBody } from "./validate"

/** Its version check asks five other programs, and its upgrade request sends e-mails, before it answers. */
const TIMEOUT_MS = 25_000

/** Added by Cloudflare, which adds them anew; `host` follows from the URL. */
const HEADERS_OF_THE_CONNECTION = /^(host|content-length|cdn-loop|cf-.*)$/
/** Which origins may read an answer is decided here: http/cors adds these. */
const CORS_HEADERS = /^access-control-/

/**
 * Hands a request to Dalgo's backend as it came, and answers as it answers. Dalgo's backend checks the credentials. For
 * the paths below a prefix of two segments; anything else, and everything without a backend, is 404.
 */
export const proxyToPlatform = every(
  createMiddleware<AppEnv>(async (c, next) => {
    if (!platformUrl(c)) throw new AppError("not_found", "not found")
    // A cookie of any name may be one of the backend's.
    if (c.req.header("cookie") && isForeignOrigin(c)) throw notAllowed()
    // The backend knows people only.
    if (await isServiceCall(c)) throw notAllowed()
    await next()
  }),
  largeRawBody,
  createMiddleware<AppEnv>(async (c) => {
    const request = await toPlatformRequest(c, platformUrl(c) ?? "")
    return answerOf(request)
  }),
)

/** Parts of a path that another program might read as several, or as the way to a parent. */
function isPlain(segment: string): boolean {
  try {
    return /^[^./\\%\p{Cc}][^/\\%\p{Cc}]*$/u.test(decodeURIComponent(segment))
  } catch {
    return false
  }
}

function platformUrl(c: Context<AppEnv>): string | undefined {
  const { PLATFORM_ORIGIN } = c.var.deps.config
  const { pathname, search } = new URL(c.req.url)
  const below = pathname.replace(/\/$/, "").split("/").slice(3)
  return PLATFORM_ORIGIN && below.length > 0 && below.every(isPlain) ? PLATFORM_ORIGIN + pathname + search : undefined
}

async function toPlatformRequest(c: Context<AppEnv>, url: string): Promise<Request> {
  const { method } = c.req.raw
  // Read whole, since Python's servers do not read a body without a Content-Length.
  const body = ["GET", "HEAD"].includes(method) ? undefined : await c.req.arrayBuffer()
  const headers = withoutHeaders(c.req.raw.headers, HEADERS_OF_THE_CONNECTION)
  if (await hasServiceKey(c)) headers.delete("authorization")
  headers.set(PLATFORM_MARK, "1")
  return new Request(url, { method, headers, ...(body?.byteLength && { body }) })
}

async function answerOf(raw: Request): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const answer = await proxy(raw.url, { raw, signal, redirect: "manual", strictConnectionProcessing: true })
    const headers = withoutHeaders(answer.headers, CORS_HEADERS)
    // The answer belongs to one person.
    headers.set("Cache-Control", "private, no-store")
    return new Response(answer.body, { status: answer.status, headers })
  } catch (error) {
    logPlatformFailure({ reason: errorName(error) })
    if (errorName(error) === "TimeoutError") throw new AppError("timed_out", "Dalgo's backend did not answer in time")
    throw new AppError("unavailable", "Dalgo's backend does not answer", { retryAfterSeconds: PLATFORM_RETRY_SECONDS })
  }
}

function withoutHeaders(all: Headers, unwanted: RegExp): Headers {
  const headers = new Headers(all)
  for (const name of Array.from(headers.keys())) if (unwanted.test(name)) headers.delete(name)
  return headers
}
