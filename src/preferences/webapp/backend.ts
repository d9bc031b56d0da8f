import * as z from "zod/mini"
import { AppError } from "../../runtime/errors"
import type { Config } from "../../runtime/config"
import { errorName, log } from "../../runtime/log"
import { UserPreferences } from "../schemas"

const TIMEOUT_MS = 2_000
const RETRY_SECONDS = 5

/** Who asks, as they asked us, and in which organisation. */
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

/** Dalgo's own backend, as far as it keeps what the web app asks of a person. */
export class DalgoBackend {
  constructor(private readonly origin: string) {}

  /** What it keeps of this person; undefined where it does not say so within two seconds, of which only the log hears. */
  async getPreferences(asker: ForwardedCredentials): Promise<Partial<UserPreferences> | undefined> {
    const answer = await this.request(asker, "GET")
    const kept = PreferencesBody.safeParse(answer.body)
    if (answer.status === 200 && kept.success) return definedFields(kept.data.res)
    logFailure(answer)
    return undefined
  }

  /**
   * Lets it keep this. What it says against the input is said to the caller. Whatever else goes wrong is not the
   * caller's to mend, a 401 included, which would log them out: it throws `unavailable`.
   */
  async updatePreferences(asker: ForwardedCredentials, part: object): Promise<void> {
    const answer = await this.request(asker, "PUT", part)
    if (answer.status === 200 && UpdatedBody.safeParse(answer.body).success) return
    const refusal = ErrorBody.safeParse(answer.body)
    if ((answer.status === 400 || answer.status === 422) && refusal.success) throw toAppError(refusal.data.detail)
    logFailure(answer)
    throw new AppError("unavailable", "the platform did not take it", { retryAfterSeconds: RETRY_SECONDS })
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
        // What it answers is one person's.
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

/** JSON knows no `undefined`: a field that is there has a value. */
const definedFields = (res: z.infer<typeof PreferencesBody>["res"]) => res as Partial<UserPreferences>

const toAppError = (detail: z.infer<typeof ErrorBody>["detail"]) =>
  typeof detail === "string"
    ? new AppError("rejected", detail)
    : new AppError("invalid", "the input does not fit", { issues: detail })

const logFailure = ({ status, reason = "unexpected answer" }: BackendResponse) =>
  log({ event: "platform_failed", reason, ...(status && { status }) })

/** Dalgo's backend where one is configured; else `undefined`. */
export const backendFrom = (config: Config): DalgoBackend | undefined =>
  config.PLATFORM_ORIGIN ? new DalgoBackend(config.PLATFORM_ORIGIN) : undefined
