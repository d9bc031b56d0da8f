import { WorkerEntrypoint } from "cloudflare:workers"
import * as z from "zod/mini"
import { type Deps, depsFrom } from "./deps"
import { AppError } from "./errors"
import { createNotification } from "./notifications/create"
import { listInbox } from "./notifications/list"
import { toCreated, toCursorPage, toFilter, toInboxItem } from "./notifications/present"
import { CreateNotification, FilteredQuery } from "./notifications/schemas"
import { urgentBar } from "./notifications/urgent-bar"
import { membershipIn, membershipsOf } from "./orgs/membership"
import { changePreferences, preferencesOf } from "./preferences/change"
import { PreferencesChange } from "./preferences/schemas"
import * as announced from "./signals/announced/announce"
import { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./signals/announced/schemas"

/** A person in one organisation, their first one if none is named. */
type User = { userId: string | number; orgSlug?: string }
type Filters = Partial<Record<keyof z.input<typeof FilteredQuery>, string | number | boolean | string[]>>

/**
 * What other Workers on the account may do over a service binding: as much as a server with a service key. Input
 * that does not fit, and whatever else REST refuses, is thrown as an error with a message for the caller.
 */
export class NotificationService extends WorkerEntrypoint<Env> {
  private get deps(): Deps {
    return depsFrom(this.env, this.ctx)
  }

  /** As `POST /api/notifications/`; the same key within 24 hours is the same notification. */
  async createNotification(
    input: z.input<typeof CreateNotification>,
    { idempotencyKey }: { idempotencyKey?: string } = {},
  ) {
    const request = fitting(CreateNotification, input)
    const requestHash = JSON.stringify(request)
    const notification = await createNotification(this.deps, {
      caller: { kind: "service" },
      chosenSlug: undefined,
      input: request,
      idempotency: idempotencyKey === undefined ? undefined : { key: idempotencyKey, requestHash },
    })
    return toCreated(notification)
  }

  async createJobFailureNotification(failure: z.input<typeof JobFailure>) {
    return toCreated(await announced.announceJobFailure(this.deps, fitting(JobFailure, failure)))
  }

  async createDbtTestFailureNotification(failure: z.input<typeof DbtTestFailure>) {
    return toCreated(await announced.announceDbtTestFailure(this.deps, fitting(DbtTestFailure, failure)))
  }

  async createLateRunNotification(late: z.input<typeof LateRun>) {
    return toCreated(await announced.announceLateRun(this.deps, fitting(LateRun, late)))
  }

  async createSchemaChangeNotification(change: z.input<typeof SchemaChange>) {
    return toCreated(await announced.announceSchemaChange(this.deps, fitting(SchemaChange, change)))
  }

  async getUserNotificationPreferences(user: User) {
    return preferencesOf(this.deps, await this.memberOf(user))
  }

  /** Changes what is named and answers the whole. */
  async updateUserNotificationPreferences({ preferences, ...user }: User & { preferences: PreferencesChange }) {
    const change = fitting(PreferencesChange, preferences)
    return changePreferences(this.deps, { ...(await this.memberOf(user)), change })
  }

  /** As `GET /api/notifications/filtered`, by the same names. */
  async getFilteredNotifications({ userId, orgSlug, ...filters }: User & Filters) {
    const me = await this.memberOf({ userId, ...(orgSlug !== undefined && { orgSlug }) })
    const { page, limit, cursor: after, ...filter } = fitting(FilteredQuery, asQuery(filters))
    const listed = await listInbox(this.deps, { me, filter: toFilter(filter), page, limit, after })
    return toCursorPage(listed, { page, limit }, toInboxItem)
  }

  /** What is unread and urgent, newest first, and how many there are. */
  async getUrgentNotificationsForUser(user: User) {
    const { items, total } = await urgentBar(this.deps, { me: await this.memberOf(user) })
    return { res: items, total }
  }

  private async memberOf({ userId, orgSlug }: User) {
    const { db, now } = this.deps
    return membershipIn(await membershipsOf(db, { userId: String(userId), now: now() }), orgSlug)
  }
}

/** The input, if it fits. */
function fitting<T extends z.ZodMiniType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const flaws = result.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`)
  throw new AppError("invalid", flaws.join("; "))
}

/** Values of any type as a query would carry them. */
const asQuery = (filters: Filters) =>
  Object.fromEntries(
    Object.entries(filters)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value : asText(name, value)]),
  )

const asText = (name: string, value: string | number | boolean) =>
  String(name === "read_status" ? Number(value) : value)
