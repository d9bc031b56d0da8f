import type { Membership } from "../auth/membership"
import type { Deps } from "../deps"
import { bucketsOf, countBuckets, type Filter, needsCount } from "./filter"
import { type ListPage, MAX_COUNT, type Page, toPageRows } from "./pagination"
import * as queries from "./queries"
import type { InboxRow } from "./responses"
import { MAX_CANDIDATES, selectSearchPage, selectSearchProgress } from "./search-queries"

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

/** One request examines a limited number of matches. A page may be short and still have a next one. */
async function listSearchResults(
  { db }: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter & { text: string } } & Page,
): Promise<ListPage<InboxRow>> {
  const search = { orgUserId: me.orgUserId, orgId: me.orgId, filter }
  const [found, [fromNewest], [fromCursor] = []] = await db.batch([
    selectSearchPage(db, { ...search, ...page }),
    selectSearchProgress(db, search),
    ...(page.after ? [selectSearchProgress(db, { ...search, after: page.after })] : []),
  ])
  const progress = page.after ? fromCursor : fromNewest
  const { rows, next } = toPageRows(found, page)
  return {
    rows,
    next: next ?? (progress?.examined === MAX_CANDIDATES ? oldestCursor(progress) : undefined),
    total: fromNewest?.found ?? 0,
    isLowerBound: fromNewest?.examined === MAX_CANDIDATES,
  }
}

const oldestCursor = ({ oldestAt, oldestId }: { oldestAt: number | null; oldestId: number | null }) =>
  oldestAt === null || oldestId === null ? undefined : { at: oldestAt, id: oldestId }
