import * as z from "zod/mini"
import { AppError } from "../../runtime/errors"
import type { Config } from "../../runtime/config"
import { errorName, log } from "../../runtime/log"
import { UserPreferences } from "../schemas"

const TIMEOUT_MS = 2_000
const RETRY_SECONDS = 5

/** The caller's credentials, forwarded as they came, and their organisation. */
export type ForwardedCredentials = { cookie: string | undefined; authorization: string | undefined; orgSlug: string }

const PreferencesBody = z.object({ success: z.literal(true), res: z.partial(UserPreferences) })
const UpdatedBody = z.object({ success: z.literal(true) })
const ErrorBody = z.object({
  detail: z.union([
    z.string(),
    z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string() })),
  ]),
})

type BackendResponse = { status?: number; body?: unknown; reason?: string }

/** Client for the user preferences in Dalgo's backend. */
export class DalgoBackend {
  constructor(private readonly origin: string) {}

  /** Returns `undefined`, and logs why, if there is no valid answer within 2 seconds. */
  async getPreferences(credentials: ForwardedCredentials): Promise<Partial<UserPreferences> | undefined> {
    const response = await this.request(credentials, "GET")
    const body = PreferencesBody.safeParse(response.body)
    if (response.status === 200 && body.success) return definedFields(body.data.res)
    logFailure(response)
    return undefined
  }

  /**
   * Throws `rejected` or `invalid` with the message of a 400 or 422. Throws `unavailable` for every other error: the caller
   * cannot fix it, and a 401 would log them out.
   */
  async updatePreferences(credentials: ForwardedCredentials, change: object): Promise<void> {
    const response = await this.request(credentials, "PUT", change)
    if (response.status === 200 && UpdatedBody.safeParse(response.body).success) return
    const error = ErrorBody.safeParse(response.body)
    if ((response.status === 400 || response.status === 422) && error.success) throw toAppError(error.data.detail)
    logFailure(response)
    throw new AppError("unavailable", "Dalgo's backend did not accept the change", { retryAfterSeconds: RETRY_SECONDS })
  }

  private async request(
    { cookie, authorization, orgSlug }: ForwardedCredentials,
    method: "GET" | "PUT",
    body?: object,
  ): Promise<BackendResponse> {
    let status: number | undefined
    try {
      const response = await fetch(`${this.origin}/api/userpreferences/`, {
        method,
        headers: {
          "x-dalgo-org": orgSlug,
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
}

/** The cast is safe: JSON has no `undefined`. */
const definedFields = (res: z.infer<typeof PreferencesBody>["res"]) => res as Partial<UserPreferences>

const toAppError = (detail: z.infer<typeof ErrorBody>["detail"]) =>
  typeof detail === "string"
    ? new AppError("rejected", detail)
    : new AppError("invalid", "the input does not fit", { issues: detail })

const logFailure = ({ status, reason = "unexpected answer" }: BackendResponse) =>
  log({ event: "backend_failed", reason, ...(status && { status }) })

/** `undefined` if no backend is configured. */
export const backendFrom = (config: Config): DalgoBackend | undefined =>
  config.PLATFORM_ORIGIN ? new DalgoBackend(config.PLATFORM_ORIGIN) : undefined
