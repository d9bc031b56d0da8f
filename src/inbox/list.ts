import type { Membership } from "../auth/membership"
import type { Deps } from "../deps"
import type { NamedTime } from "../domain/time"
import { bucketsOf, countBuckets, type Filter, needsCount } from "./filter"
import type { Cursor } from "./cursor"
import { type ListPage, MAX_COUNT, type Page, takePage, toPageRows } from "./pagination"
import * as queries from "./queries"
import type { InboxRow } from "./responses"
import { MAX_CANDIDATES, type SearchResult, selectSearchPage } from "./search-queries"

type Inbox = { me: Membership; filter: Filter }

/** One page of a person's inbox, newest first. One round trip, whatever the filter. */
export function listInbox(deps: Deps, { me, filter, ...page }: Inbox & Page): Promise<ListPage<InboxRow>> {
  const { text } = filter
  return text === undefined
    ? listFiltered(deps, { me, filter, ...page })
    : listSearchResults(deps, { me, filter: { ...filter, text }, ...page })
}

async function listFiltered({ db }: Deps, { me, filter, ...page }: Inbox & Page): Promise<ListPage<InboxRow>> {
  const inbox = { orgUserId: me.orgUserId, filter }
  const inboxPage = queries.selectInboxPage(db, { ...inbox, ...page })
  if (needsCount(filter)) {
    const [rows, [counted]] = await db.batch([inboxPage, queries.selectInboxCount(db, inbox)])
    const total = counted?.number ?? 0
    return { ...toPageRows(rows, page), total, isLowerBound: total === MAX_COUNT }
  }
  const [rows, [counters]] = await db.batch([inboxPage, queries.selectCounters(db, inbox)])
  return {
    ...toPageRows(rows, page),
    total: countBuckets(counters?.kinds ?? {}, bucketsOf(filter)),
    isLowerBound: false,
  }
}

/** One request examines a limited number of candidates. A page may be short, or empty, and still have a next one. */
async function listSearchResults(
  { db }: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter & { text: string } } & Page,
): Promise<ListPage<InboxRow>> {
  const results = await selectSearchPage(db, { orgUserId: me.orgUserId, orgId: me.orgId, filter, ...page })
  const [progress] = results
  if (!progress) throw new Error("a search answers at least one row")
  const { rows, last } = takePage(results.flatMap(toInboxRow), page.limit)
  const seen = page.after?.seen ?? 0
  const skipped = page.after ? 0 : offsetOf(page, progress.found)
  const older = olderCandidates(progress)
  return {
    rows,
    next: last
      ? { at: last.sentAt, id: last.id, seen: seen + skipped + rows.length }
      : older && { ...older, seen: seen + progress.found },
    total: seen + progress.found,
    isLowerBound: older !== undefined,
  }
}

/** Where the search continues after the candidates of this request; `undefined` if there are none. */
function olderCandidates({ examined, oldestAt, oldestId, windowAt, windowId }: SearchResult): Cursor | undefined {
  if (examined === MAX_CANDIDATES && oldestAt !== null && oldestId !== null) return { at: oldestAt, id: oldestId }
  return windowAt === null || windowId === null ? undefined : { at: windowAt, id: windowId }
}

/** As the query computes it: a page after the last counts as the last. */
const offsetOf = ({ page, limit }: Page, found: number) =>
  Math.max(0, Math.min(page, Math.ceil(found / limit)) - 1) * limit

const toInboxRow = (result: SearchResult) =>
  result.id === null
    ? []
    : [
        {
          ...result,
          times: result.times === null ? null : (JSON.parse(result.times) as NamedTime[]),
          urgent: Boolean(result.urgent),
          isRead: Boolean(result.isRead),
        },
      ]
