import * as z from "zod/mini"
import { AppError } from "../../runtime/errors"
import { kindOf, log } from "../../runtime/log"
import { UserPreferences } from "../schemas"

const TIMEOUT_MS = 2_000
const RETRY_SECONDS = 5

/** Who asks, as they asked us, and in which organisation. */
export type Asker = { cookie: string | undefined; authorization: string | undefined; orgSlug: string }

const Kept = z.object({ success: z.literal(true), res: z.partial(UserPreferences) })
const Taken = z.object({ success: z.literal(true) })
const Refusal = z.object({
  detail: z.union([
    z.string(),
    z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string() })),
  ]),
})

type Answer = { status?: number; body?: unknown; reason?: string }

/** Dalgo's own backend, as far as it keeps what the web app asks of a person. */
export class Platform {
  constructor(private readonly origin: string) {}

  /** What it keeps of this person; undefined where it does not say so within two seconds, of which only the log hears. */
  async preferences(asker: Asker): Promise<Partial<UserPreferences> | undefined> {
    const answer = await this.ask(asker, "GET")
    const kept = Kept.safeParse(answer.body)
    if (answer.status === 200 && kept.success) return partOf(kept.data.res)
    logFailure(answer)
    return undefined
  }

  /**
   * Lets it keep this. What it says against the input is said to the caller. Whatever else goes wrong is not the
   * caller's to mend, a 401 included, which would log them out: it throws `unavailable`.
   */
  async change(asker: Asker, part: object): Promise<void> {
    const answer = await this.ask(asker, "PUT", part)
    if (answer.status === 200 && Taken.safeParse(answer.body).success) return
    const refusal = Refusal.safeParse(answer.body)
    if ((answer.status === 400 || answer.status === 422) && refusal.success) throw refused(refusal.data.detail)
    logFailure(answer)
    throw new AppError("unavailable", "the platform did not take it", { retryAfterSeconds: RETRY_SECONDS })
  }

  private async ask({ cookie, authorization, orgSlug }: Asker, method: "GET" | "PUT", body?: object): Promise<Answer> {
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
      return { ...(status && { status }), reason: kindOf(error) }
    }
  }
}

/** JSON knows no `undefined`: a field that is there has a value. */
const partOf = (res: z.infer<typeof Kept>["res"]) => res as Partial<UserPreferences>

const refused = (detail: z.infer<typeof Refusal>["detail"]) =>
  typeof detail === "string"
    ? new AppError("rejected", detail)
    : new AppError("invalid", "the input does not fit", { flaws: detail })

const logFailure = ({ status, reason = "unexpected answer" }: Answer) =>
  log({ event: "platform_failed", reason, ...(status && { status }) })
