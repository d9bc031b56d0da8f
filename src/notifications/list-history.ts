import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"
import { orgScopeFor } from "../auth/authority"
import { type Caller, isPlatformCaller } from "../auth/caller"
import { requireMembership } from "../auth/membership"
import type { Filter } from "../inbox/filter"
import * as queries from "./history-queries"
import { listInbox, toSearchPage } from "../inbox/list"
import { MAX_COUNT, type ListPage, type Page, toPageRows } from "../inbox/pagination"
import type { HistoryRow } from "../inbox/responses"

type Request = {
  caller: Caller
  chosenSlug: string | undefined
  orgSlug: string | undefined
  filter: Filter
} & Page

/**
 * Sent and scheduled notifications, newest first: of one organisation, or of all for a platform caller. A filter by
 * `isRead` lists the caller's own inbox instead. One round trip.
 */
export async function listHistory(deps: Deps, request: Request): Promise<ListPage<HistoryRow>> {
  const { caller, chosenSlug, orgSlug, filter, ...page } = request
  const orgId = await orgScopeFor(deps, request)
  if (filter.isRead !== undefined) {
    if (caller.kind === "service") {
      throw new AppError("rejected", "A service key has no inbox, so it cannot filter by read_status.")
    }
    return listInbox(deps, { me: requireMembership(caller.memberships, orgSlug || chosenSlug), filter, ...page })
  }
  const showsAllSenders = isPlatformCaller(caller)
  const { text } = filter
  if (text !== undefined) {
    const search = { orgId, filter: { ...filter, text }, ...page, showsAllSenders }
    return toSearchPage(queries.toHistoryResults(await queries.selectHistorySearchPage(deps.db, search)), page)
  }
  const history = { orgId, filter }
  const [rows, [counted]] = await deps.db.batch([
    queries.selectHistoryPage(deps.db, { ...history, ...page, showsAllSenders }),
    queries.selectHistoryCount(deps.db, history),
  ])
  const total = counted?.number ?? 0
  return { ...toPageRows(rows, page), total, isLowerBound: total === MAX_COUNT }
}
