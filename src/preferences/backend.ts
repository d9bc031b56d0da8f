import * as z from "zod/mini"
import { AppError } from "../runtime/errors"
import type { Config } from "../runtime/config"
import {
  type ForwardedCredentials,
  logPlatformFailure,
  optionalPlatformOrigin,
  PLATFORM_RETRY_SECONDS,
  requestPlatform,
} from "../runtime/platform"
import { UserPreferences } from "./schemas"

const PATH = "/api/userpreferences/"

const PreferencesBody = z.object({ success: z.literal(true), res: z.partial(UserPreferences) })
const UpdatedBody = z.object({ success: z.literal(true) })
const ErrorBody = z.object({
  detail: z.union([
    z.string(),
    z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string() })),
  ]),
})

/** The switches of a person that Dalgo's backend has a copy of, since it sends messages of its own. */
export type CopiedSwitches = Partial<
  Pick<UserPreferences, "enable_email_notifications" | "enable_schema_change_notifications">
>

/** Client for the user preferences in Dalgo's backend. */
class DalgoBackend {
  constructor(private readonly origin: string) {}

  /** Returns `undefined`, and logs why, if there is no valid answer within 2 seconds. */
  async getPreferences(credentials: ForwardedCredentials): Promise<Partial<UserPreferences> | undefined> {
    const answer = await requestPlatform(this.origin, { method: "GET", path: PATH, credentials })
    const body = PreferencesBody.safeParse(answer.body)
    if (answer.status === 200 && body.success) return definedFields(body.data.res)
    logPlatformFailure(answer)
    return undefined
  }

  /**
   * Throws `rejected` or `invalid` with the message of a 400 or 422. Throws `unavailable` for every other error: the caller
   * cannot fix it, and a 401 would log them out.
   */
  async updatePreferences(credentials: ForwardedCredentials, change: object): Promise<void> {
    const answer = await this.put(credentials, change)
    if (isUpdated(answer)) return
    const error = ErrorBody.safeParse(answer.body)
    if ((answer.status === 400 || answer.status === 422) && error.success) throw toAppError(error.data.detail)
    logPlatformFailure(answer)
    throw new AppError("unavailable", "Dalgo's backend did not accept the change", {
      retryAfterSeconds: PLATFORM_RETRY_SECONDS,
    })
  }

  /** Hands on switches that are stored here already. If the backend does not take them, this is logged. */
  async copySwitches(credentials: ForwardedCredentials, switches: CopiedSwitches): Promise<void> {
    const answer = await this.put(credentials, switches)
    if (!isUpdated(answer)) logPlatformFailure(answer)
  }

  private put(credentials: ForwardedCredentials, body: object) {
    return requestPlatform(this.origin, { method: "PUT", path: PATH, credentials, body })
  }
}

const isUpdated = ({ status, body }: { status?: number; body?: unknown }) =>
  status === 200 && UpdatedBody.safeParse(body).success

/** The cast is safe: JSON has no `undefined`. */
const definedFields = (res: z.infer<typeof PreferencesBody>["res"]) => res as Partial<UserPreferences>

const toAppError = (detail: z.infer<typeof ErrorBody>["detail"]) =>
  typeof detail === "string"
    ? new AppError("rejected", detail)
    : new AppError("invalid", "the input does not fit", { issues: detail })

const backendAt = (origin: string | undefined) => (origin ? new DalgoBackend(origin) : undefined)

/** `undefined` if no backend is configured. */
export const backendFrom = (config: Config): DalgoBackend | undefined => backendAt(config.PLATFORM_ORIGIN)

/** The same for what can be left out while `PLATFORM_ORIGIN` is not usable. */
export const optionalBackend = (config: Config): DalgoBackend | undefined => backendAt(optionalPlatformOrigin(config))
