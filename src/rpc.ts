import { WorkerEntrypoint } from "cloudflare:workers"
import * as z from "zod/mini"
import type { Deps } from "./deps"
import { depsFrom } from "./compose"
import { AppError } from "./runtime/errors"
import { hashRequest, IdempotencyKey } from "./runtime/idempotency-key"
import { errorName, log, topFrames } from "./runtime/log"
import { createNotification } from "./notifications/create"
import { listInbox } from "./inbox/list"
import { toCursorPage, toFilter, toInboxItem } from "./inbox/responses"
import { FilteredQuery } from "./inbox/schemas"
import { toSentNotification } from "./notifications/responses"
import { CreateNotification } from "./notifications/schemas"
import { getUrgentBar } from "./inbox/urgent-bar"
import { requireMembership, loadMemberships } from "./auth/membership"
import { changePreferences, getPreferences } from "./preferences/change"
import { PreferencesChange } from "./preferences/schemas"
import { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./signals/reported/schemas"

/** Loaded by the first call that announces. */
const reporting = () => import("./signals/reported/report")

/** A person in one organisation, their first one if none is named. */
const Person = z.object({
  userId: z.union([z.string().check(z.trim(), z.minLength(1)), z.int()]),
  orgSlug: z.nullish(z.string()),
})
type Person = z.input<typeof Person>

/** What `null` is given for, `next_cursor` at the end among it, is not given. */
const Filter = z.nullish(z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
type Filters = Partial<Record<keyof z.input<typeof FilteredQuery>, z.input<typeof Filter>>>

const CreateOptions = z.nullish(z.strictObject({ idempotencyKey: IdempotencyKey }))

/**
 * What other Workers on the account may do over a service binding: as much as a server with a service key. Input
 * that does not fit, and whatever else REST refuses, is thrown as an error with a message for the caller, and the name
 * of the rule. Whatever is not private by `#` is open to callers, getters too.
 */
export class NotificationService extends WorkerEntrypoint<Env> {
  /** As `POST /api/notifications/`; the same key within 24 hours is the same notification. */
  createNotification(input: z.input<typeof CreateNotification>, once?: z.input<typeof CreateOptions>) {
    return this.#answer(async (deps) => {
      const request = parseOrThrow(CreateNotification, input)
      const key = parseOrThrow(CreateOptions, once)?.idempotencyKey
      const notification = await createNotification(deps, {
        caller: { kind: "service" },
        chosenSlug: undefined,
        input: request,
        idempotency: key === undefined ? undefined : { key, requestHash: await hashRequest(request) },
      })
      return toSentNotification(notification)
    })
  }

  createJobFailureNotification(failure: z.input<typeof JobFailure>) {
    return this.#answer(async (deps) =>
      toSentNotification(await (await reporting()).reportJobFailure(deps, parseOrThrow(JobFailure, failure))),
    )
  }

  createDbtTestFailureNotification(failure: z.input<typeof DbtTestFailure>) {
    return this.#answer(async (deps) =>
      toSentNotification(await (await reporting()).reportDbtTestFailure(deps, parseOrThrow(DbtTestFailure, failure))),
    )
  }

  createLateRunNotification(late: z.input<typeof LateRun>) {
    return this.#answer(async (deps) =>
      toSentNotification(await (await reporting()).reportLateRun(deps, parseOrThrow(LateRun, late))),
    )
  }

  createSchemaChangeNotification(change: z.input<typeof SchemaChange>) {
    return this.#answer(async (deps) =>
      toSentNotification(await (await reporting()).reportSchemaChange(deps, parseOrThrow(SchemaChange, change))),
    )
  }

  getUserNotificationPreferences(user: Person) {
    return this.#answer(async (deps) => getPreferences(deps, await requireMember(deps, parseOrThrow(Person, user))))
  }

  /** Changes what is named and answers the whole. */
  updateUserNotificationPreferences(input: Person & { preferences: PreferencesChange }) {
    return this.#answer(async (deps) => {
      const { preferences, ...user } = parseOrThrow(z.extend(Person, { preferences: PreferencesChange }), input)
      return changePreferences(deps, { ...(await requireMember(deps, user)), change: preferences })
    })
  }

  /** As `GET /api/notifications/filtered`, by the same names. */
  getFilteredNotifications(input: Person & Filters) {
    return this.#answer(async (deps) => {
      const { userId, orgSlug, ...filters } = parseOrThrow(z.catchall(Person, Filter), input)
      const me = await requireMember(deps, { userId, orgSlug })
      const { page, limit, cursor: after, ...filter } = parseOrThrow(FilteredQuery, toQuery(filters))
      const listed = await listInbox(deps, { me, filter: toFilter(filter), page, limit, after })
      return toCursorPage(listed, { page, limit }, toInboxItem)
    })
  }

  /** What is unread and urgent, newest first, and how many there are. */
  getUrgentNotificationsForUser(user: Person) {
    return this.#answer(async (deps) => {
      const { items, total } = await getUrgentBar(deps, { me: await requireMember(deps, parseOrThrow(Person, user)) })
      return { res: items, total }
    })
  }

  async #answer<T>(act: (deps: Deps) => Promise<T>): Promise<T> {
    try {
      return await act(depsFrom(this.env, this.ctx))
    } catch (error) {
      throw toCallerError(error)
    }
  }
}

/** What may leave of an error: ours with its code as its name; of any other, nothing. */
function toCallerError(error: unknown): Error {
  if (error instanceof AppError) return Object.assign(new Error(error.message), { name: error.code })
  log({
    event: "rpc_call_failed",
    reason: errorName(error),
    ...(error instanceof Error && { stack: topFrames(error) }),
  })
  return new Error("internal error")
}

/** The input, if it fits. */
function parseOrThrow<T extends z.ZodMiniType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const flaws = result.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`)
  throw new AppError("invalid", flaws.join("; "))
}

async function requireMember({ db, now }: Deps, { userId, orgSlug }: Person) {
  return requireMembership(await loadMemberships(db, { userId: String(userId), now: now() }), orgSlug ?? undefined)
}

/** Values of any type as a query would carry them. */
const toQuery = (filters: Record<string, z.infer<typeof Filter>>) =>
  Object.fromEntries(
    Object.entries(filters).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, Array.isArray(value) ? value : toQueryText(name, value)]],
    ),
  )

const toQueryText = (name: string, value: string | number | boolean) =>
  String(name === "read_status" ? Number(value) : value)
