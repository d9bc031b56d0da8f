import { WorkerEntrypoint } from "cloudflare:workers"
import * as z from "zod/mini"
import type { Deps } from "./deps"
import { depsFrom } from "./compose"
import { AppError, MisconfiguredError } from "./runtime/errors"
import { hashRequest, IdempotencyKey } from "./runtime/idempotency-key"
import { errorName, log, topFrames } from "./runtime/log"
import { UNSTORABLE, unstorableTexts } from "./runtime/zod"
import { requireWithinLimit, searchKey } from "./runtime/rate-limit"
import { createNotification } from "./notifications/create"
import { listInbox } from "./inbox/list"
import { toCursorPage, toFilter, toInboxItem } from "./inbox/responses"
import { FilteredQuery } from "./inbox/schemas"
import { toSentNotification } from "./notifications/responses"
import { StrictCreateNotification } from "./notifications/schemas"
import { getUrgentBar } from "./inbox/urgent-bar"
import { requireMembership, loadMemberships } from "./auth/membership"
import { changePreferences, getPreferences } from "./preferences/change"
import { PreferencesChange } from "./preferences/schemas"
import { DbtTestFailure, FailedRun, JobFailure, LateRun, SchemaChange } from "./signals/reported/schemas"

/** Loaded on first use. */
const reports = () => import("./signals/reported/report")
const platformAdminReports = () => import("./signals/reported/report-to-platform-admins")

/** A person in one organisation; without `orgSlug`, in their first one. */
const Person = z.object({
  userId: z.union([z.string().check(z.trim(), z.minLength(1)), z.int()]),
  orgSlug: z.nullish(z.string()),
})
type Person = z.input<typeof Person>

/** `null` counts as absent, so that a caller may pass back the `next_cursor` of the last page. */
const Filter = z.nullish(z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
type Filters = Partial<Record<keyof z.input<typeof FilteredQuery>, z.input<typeof Filter>>>

const CreateOptions = z.nullish(z.strictObject({ idempotencyKey: IdempotencyKey }))

/**
 * The service binding for other Workers on the account, with the rights of a service key. Errors that REST would answer
 * with 4xx are thrown with the same message, and the error code as `name`. Every member that is not `#private` is
 * callable, getters too.
 */
export class NotificationService extends WorkerEntrypoint<Env> {
  /**
   * As `POST /api/notifications/`. The same `idempotencyKey` within 24 hours returns the same notification. `errors` names
   * the recipients that there are not.
   */
  createNotification(input: z.input<typeof StrictCreateNotification>, options?: z.input<typeof CreateOptions>) {
    return this.#run(async (deps) => {
      const request = parseOrThrow(StrictCreateNotification, input)
      const key = parseOrThrow(CreateOptions, options)?.idempotencyKey
      const { notification, errors } = await createNotification(deps, {
        caller: { kind: "service", keyHash: "binding" },
        chosenSlug: undefined,
        input: request,
        idempotency: key === undefined ? undefined : { key, requestHash: await hashRequest(request) },
      })
      return { ...toSentNotification(notification), ...(errors.length > 0 && { errors }) }
    })
  }

  createJobFailureNotification(failure: z.input<typeof JobFailure>) {
    return this.#run(async (deps) =>
      toSentNotification(await (await reports()).reportJobFailure(deps, parseOrThrow(JobFailure, failure))),
    )
  }

  createDbtTestFailureNotification(failure: z.input<typeof DbtTestFailure>) {
    return this.#run(async (deps) =>
      toSentNotification(await (await reports()).reportDbtTestFailure(deps, parseOrThrow(DbtTestFailure, failure))),
    )
  }

  createLateRunNotification(late: z.input<typeof LateRun>) {
    return this.#run(async (deps) =>
      toSentNotification(await (await reports()).reportLateRun(deps, parseOrThrow(LateRun, late))),
    )
  }

  createSchemaChangeNotification(change: z.input<typeof SchemaChange>) {
    return this.#run(async (deps) =>
      toSentNotification(await (await reports()).reportSchemaChange(deps, parseOrThrow(SchemaChange, change))),
    )
  }

  /** Tells the platform admins of a failed run, once per attempt of the run. */
  notifyPlatformAdmins(failed: z.input<typeof FailedRun>) {
    return this.#run(async (deps) => {
      const { reportToPlatformAdmins } = await platformAdminReports()
      return toSentNotification(await reportToPlatformAdmins(deps, parseOrThrow(FailedRun, failed)))
    })
  }

  getUserNotificationPreferences(user: Person) {
    return this.#run(async (deps) => getPreferences(deps, await requireMember(deps, parseOrThrow(Person, user))))
  }

  /** Changes the named preferences and returns all of them. */
  updateUserNotificationPreferences(input: Person & { preferences: PreferencesChange }) {
    return this.#run(async (deps) => {
      const { preferences, ...user } = parseOrThrow(z.extend(Person, { preferences: PreferencesChange }), input)
      return changePreferences(deps, { ...(await requireMember(deps, user)), change: preferences })
    })
  }

  /** As `GET /api/notifications/filtered`, with the same parameters. */
  getFilteredNotifications(input: Person & Filters) {
    return this.#run(async (deps) => {
      const { userId, orgSlug, ...filters } = parseOrThrow(z.catchall(Person, Filter), input)
      const me = await requireMember(deps, { userId, orgSlug })
      const { page, limit, cursor: after, ...filter } = parseOrThrow(FilteredQuery, toQuery(filters))
      if (filter.q !== undefined) {
        await requireWithinLimit(deps.searchRateLimit, searchKey({ userId: String(userId) }))
      }
      const inboxPage = await listInbox(deps, { me, filter: toFilter(filter), page, limit, after })
      return toCursorPage(inboxPage, { page, limit }, toInboxItem(me))
    })
  }

  /** The unread urgent notifications, newest first, and their number. */
  getUrgentNotificationsForUser(user: Person) {
    return this.#run(async (deps) => {
      const { items, total } = await getUrgentBar(deps, { me: await requireMember(deps, parseOrThrow(Person, user)) })
      return { res: items, total }
    })
  }

  async #run<T>(operation: (deps: Deps) => Promise<T>): Promise<T> {
    try {
      return await operation(depsFrom(this.env, this.ctx))
    } catch (error) {
      throw toCallerError(error)
    }
  }
}

/** An error for the caller: an `AppError` with its code as `name`. The message of any other error is not sent. */
function toCallerError(error: unknown): Error {
  if (error instanceof AppError) return Object.assign(new Error(error.message), { name: error.code })
  if (error instanceof MisconfiguredError) {
    log({ event: "misconfigured", reason: error.message })
    return Object.assign(new Error(error.message), { name: "unavailable" })
  }
  log({
    event: "rpc_call_failed",
    reason: errorName(error),
    ...(error instanceof Error && { stack: topFrames(error) }),
  })
  return new Error("internal error")
}

/** Validates input. Throws `invalid`, with every issue in the message. */
function parseOrThrow<T extends z.ZodMiniType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input)
  if (result.success) {
    const [path] = unstorableTexts(result.data)
    if (path) throw new AppError("invalid", `${path.join(".")}: ${UNSTORABLE}`)
    return result.data
  }
  const issues = result.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`)
  throw new AppError("invalid", issues.join("; "))
}

async function requireMember({ db, now }: Deps, { userId, orgSlug }: Person) {
  return requireMembership(await loadMemberships(db, { userId: String(userId), now: now() }), orgSlug ?? undefined)
}

/** Filters as the query parameters of REST, so that both have one schema. */
const toQuery = (filters: Record<string, z.infer<typeof Filter>>) =>
  Object.fromEntries(
    Object.entries(filters).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, Array.isArray(value) ? value : toQueryText(name, value)]],
    ),
  )

const toQueryText = (name: string, value: string | number | boolean) =>
  String(name === "read_status" ? Number(value) : value)
