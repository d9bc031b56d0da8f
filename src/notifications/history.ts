import type { Deps } from "../deps"
import { AppError } from "../errors"
import { orgToRun } from "../orgs/administer"
import { type Caller, mayAddressAnybody } from "../orgs/caller"
import { isAtLeast } from "../orgs/roles"
import { byId } from "./queries"
import type { Filter } from "./filter"
import * as queries from "./history-queries"
import { type Listed, type Page, pageOf } from "./list"
import type { HistoryRow } from "./present"

const doesNotExist = () => new AppError("rejected", "Notification does not exist.")

/** What was said and what is scheduled: of the organisation that the caller runs, or of all. One round trip. */
export async function listHistory(
  deps: Deps,
  request: { caller: Caller; chosenSlug: string | undefined; orgSlug: string | undefined; filter: Filter } & Page,
): Promise<Listed<HistoryRow>> {
  const { caller, filter, page, limit, after } = request
  const readers = caller.kind === "person" ? caller.memberships.map((m) => m.orgUserId) : []
  if (filter.isRead !== undefined && readers.length === 0) {
    throw new AppError("rejected", "A server has no inbox, so nothing is read or unread by it.")
  }
  const history = { scope: { orgId: await orgIdFor(deps, request), readers }, filter }
  const [rows, [counted]] = await deps.db.batch([
    queries.historyPage(deps.db, { ...history, page, limit, after }),
    queries.countHistory(deps.db, history),
  ])
  const total = counted?.number ?? 0
  return { ...pageOf(rows, { limit }), total, isAtLeast: total === queries.COUNTED_UP_TO }
}

/** Who looks after all sees all, until they name one; an admin sees the organisation that they run. */
async function orgIdFor(
  deps: Deps,
  { caller, chosenSlug, orgSlug }: { caller: Caller; chosenSlug: string | undefined; orgSlug: string | undefined },
): Promise<number | undefined> {
  const slug = mayAddressAnybody(caller) ? orgSlug : (orgSlug ?? chosenSlug)
  if (!slug && mayAddressAnybody(caller)) return undefined
  return (await orgToRun(deps, { caller, slug })).id
}

/** Who was told, and whether each has read it. Nobody yet, while it is scheduled: that is decided when it is sent. */
export async function recipientsOf(deps: Deps, { caller, id, after }: { caller: Caller; id: number; after: number }) {
  const { sentAt, ...notification } = await notificationOf(deps, { caller, id })
  if (sentAt === null) return { recipients: [], next: null }
  const rows = await queries.recipientsOf(deps.db, { notification: { ...notification, sentAt }, after })
  const recipients = rows.slice(0, queries.MOST_RECIPIENTS)
  return { recipients, next: rows.length > recipients.length ? (recipients.at(-1)?.id ?? null) : null }
}

/** Takes back what is scheduled. Of two that do it at once, and of the cron that sends it, one comes first. */
export async function deleteScheduled(deps: Deps, { caller, id }: { caller: Caller; id: number }): Promise<void> {
  await notificationOf(deps, { caller, id })
  const [, [left]] = await deps.db.batch([queries.deleteUnsent(deps.db, { id }), byId(deps.db, { id })])
  if (left) throw new AppError("rejected", "Notification has already been sent and cannot be deleted.")
}

/** A notification that the caller answers for. Somebody else's does not exist. */
async function notificationOf(deps: Deps, { caller, id }: { caller: Caller; id: number }) {
  const [notification] = await byId(deps.db, { id })
  if (!notification || !answersFor(caller, notification.orgId)) throw doesNotExist()
  return notification
}

const answersFor = (caller: Caller, orgId: number | null) =>
  caller.kind === "service" ||
  caller.isSuperAdmin ||
  caller.memberships.some((m) => m.orgId === orgId && isAtLeast(m.role, "admin"))
