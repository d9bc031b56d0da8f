import type { Config } from "./config"
import { MisconfiguredError } from "./errors"
import { errorName, log } from "./log"

/**
 * The header that marks each of our requests to Dalgo's backend. A request that arrives here with it has gone in a circle:
 * `http/loop` answers it with 508.
 */
export const PLATFORM_MARK = "x-dalgo-notifications-loop"

const TIMEOUT_MS = 2_000
/** `Retry-After` of a response that needs Dalgo's backend while it does not answer. */
export const PLATFORM_RETRY_SECONDS = 5

/**
 * `PLATFORM_ORIGIN` for a request that the caller can do without: if it is not usable, that is logged, and nothing else
 * fails with it.
 */
export function optionalPlatformOrigin(config: Config): string | undefined {
  try {
    return config.PLATFORM_ORIGIN
  } catch (error) {
    if (!(error instanceof MisconfiguredError)) throw error
    log({ event: "misconfigured", reason: error.message })
    return undefined
  }
}

/** The caller's credentials, forwarded as they came, and their organisation. */
export type ForwardedCredentials = {
  cookie: string | undefined
  authorization: string | undefined
  orgSlug: string | undefined
}

/** `body` is undefined if the answer is not JSON; `reason` is set if there was no answer, or if it could not be read. */
export type PlatformAnswer = { status?: number; body?: unknown; reason?: string }

type PlatformRequest = { method: "GET" | "PUT"; path: string; credentials: ForwardedCredentials; body?: object }

/**
 * Sends a request to Dalgo's backend in the caller's name. Waits at most 2 seconds, follows no redirect and never throws.
 * `origin` is `PLATFORM_ORIGIN`.
 */
export async function requestPlatform(
  origin: string,
  { method, path, credentials: { cookie, authorization, orgSlug }, body }: PlatformRequest,
): Promise<PlatformAnswer> {
  let status: number | undefined
  try {
    const response = await fetch(origin + path, {
      method,
      headers: {
        [PLATFORM_MARK]: "1",
        ...(orgSlug && { "x-dalgo-org": orgSlug }),
        ...(cookie && { cookie }),
        ...(authorization && { authorization }),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "manual",
      // The answer belongs to one person.
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    status = response.status
    return { status, body: await response.json() }
  } catch (error) {
    return { ...(status && { status }), reason: errorName(error) }
  }
}

export const logPlatformFailure = ({ status, reason = "unexpected answer" }: PlatformAnswer) =>
  log({ event: "backend_failed", reason, ...(status && { status }) })
