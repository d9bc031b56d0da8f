import type { Deps } from "../deps"
import { AppError } from "../errors"
import { orgToRun } from "../orgs/administer"
import { type Caller, mayAddressAnybody } from "../orgs/caller"
import { membershipIn } from "../orgs/membership"
import { isAtLeast } from "../orgs/roles"
import { byId } from "./queries"
import type { Filter } from "./filter"
import * as queries from "./history-queries"
import { listInbox } from "./list"
import { COUNTED_UP_TO, type Listed, type Page, pageOf } from "./page"
import type { HistoryRow } from "./present"

const doesNotExist = () => new AppError("rejected", "Notification does not exist.")

type Request = {
  caller: Caller
  chosenSlug: string | undefined
  orgSlug: string | undefined
  filter: Filter
} & Page

/**
 * What was said and what is scheduled: of the organisation that the caller runs, or of all. What they have read of it
 * themselves, or not, is what their own inbox says. One round trip.
 */
export async function listHistory(deps: Deps, request: Request): Promise<Listed<HistoryRow>> {
  const { caller, chosenSlug, orgSlug, filter, ...page } = request
  const orgId = await orgIdFor(deps, request)
  if (filter.isRead !== undefined) {
    if (caller.kind === "service") {
      throw new AppError("rejected", "A server has no inbox, so nothing is read or unread by it.")
    }
    return listInbox(deps, { me: membershipIn(caller.memberships, orgSlug || chosenSlug), filter, ...page })
  }
  const history = { orgId, filter }
  const [rows, [counted]] = await deps.db.batch([
    queries.historyPage(deps.db, { ...history, ...page }),
    queries.countHistory(deps.db, history),
  ])
  const total = counted?.number ?? 0
  return { ...pageOf(rows, page), total, isLowerBound: total === COUNTED_UP_TO }
}

/** Who looks after all sees all, until they name one; an admin sees the organisation that they run. */
async function orgIdFor(deps: Deps, { caller, chosenSlug, orgSlug }: Request): Promise<number | undefined> {
  const slug = mayAddressAnybody(caller) ? orgSlug : orgSlug || chosenSlug
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
