import type { Membership } from "../auth/membership"
import type { Deps } from "../deps"
import { bucketsOf, countBuckets, type Filter, needsCount } from "./filter"
import { type ListPage, MAX_COUNT, type Page, type SortedRow, toPageRows } from "./pagination"
import * as queries from "./queries"
import type { InboxRow } from "./responses"
import { type SearchProgress, selectSearchPage, toSearchResults } from "./search-queries"

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

async function listSearchResults(
  { db }: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter & { text: string } } & Page,
): Promise<ListPage<InboxRow>> {
  const search = { orgUserId: me.orgUserId, orgId: me.orgId, filter }
  return toSearchPage(toSearchResults(await selectSearchPage(db, { ...search, ...page })), page)
}

/**
 * One request searches a limited part of a long list. A page may then be short, or empty, and still have a next one, and
 * the total is what was found so far.
 */
export function toSearchPage<Row extends SortedRow>(
  [progress, results]: [SearchProgress, Row[]],
  page: Page,
): ListPage<Row> {
  const { rows, next } = toPageRows(results, page)
  const seen = page.after ? (page.after.seen ?? 0) : resultsBefore(page, progress)
  const total = progress.found + (page.after && !progress.isComplete ? seen : 0)
  const rest = progress.last && { ...progress.last, seen: total }
  return {
    rows,
    next: next ? { ...next, seen: seen + rows.length } : rest,
    total,
    isLowerBound: rest !== undefined || isOfOlderVersion(page, progress),
  }
}

/** The number of results on the pages before this one. A page after the last counts as the last. */
const resultsBefore = ({ page, limit }: Page, { found }: SearchProgress) =>
  Math.max(0, Math.min(page, Math.ceil(found / limit)) - 1) * limit

/** A cursor without the number of results before it. */
const isOfOlderVersion = ({ after }: Page, { isComplete }: SearchProgress) =>
  !isComplete && after !== undefined && after.seen === undefined
