import type { Deps } from "../deps"
import type { Membership } from "../auth/membership"
import { countBuckets, type Filter, needsCount, bucketsOf } from "./filter"
import * as queries from "./queries"
import { MAX_COUNT, type ListPage, type Page, toPageRows } from "./pagination"
import type { InboxRow } from "./responses"
import { MAX_CANDIDATES, selectSearchProgress, selectSearchPage } from "./search-queries"

type Inbox = { me: Membership; filter: Filter }

/** One page of a person's inbox, newest first: one round trip, whatever the filter. */
export function listInbox(deps: Deps, { me, filter, ...page }: Inbox & Page): Promise<ListPage<InboxRow>> {
  const { text } = filter
  return text === undefined
    ? listFiltered(deps, { me, filter, ...page })
    : listSearchResults(deps, { me, filter: { ...filter, text }, ...page })
}

async function listFiltered({ db }: Deps, { me, filter, ...page }: Inbox & Page): Promise<ListPage<InboxRow>> {
  const inbox = { orgUserId: me.orgUserId, filter }
  const rows = queries.selectInboxPage(db, { ...inbox, ...page })
  if (needsCount(filter)) {
    const [found, [counted]] = await db.batch([rows, queries.selectInboxCount(db, inbox)])
    const total = counted?.number ?? 0
    return { ...toPageRows(found, page), total, isLowerBound: total === MAX_COUNT }
  }
  const [found, [counters]] = await db.batch([rows, queries.selectCounters(db, inbox)])
  return {
    ...toPageRows(found, page),
    total: countBuckets(counters?.kinds ?? {}, bucketsOf(filter)),
    isLowerBound: false,
  }
}

/** A page of a search may be short and yet have a next: what lies further back was not examined. */
async function listSearchResults(
  { db }: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter & { text: string } } & Page,
): Promise<ListPage<InboxRow>> {
  const search = { orgUserId: me.orgUserId, orgId: me.orgId, filter }
  const [rows, [newest], [further] = []] = await db.batch([
    selectSearchPage(db, { ...search, ...page }),
    selectSearchProgress(db, search),
    ...(page.after ? [selectSearchProgress(db, { ...search, after: page.after })] : []),
  ])
  const here = page.after ? further : newest
  const { rows: shown, next } = toPageRows(rows, page)
  return {
    rows: shown,
    next: next ?? (here?.examined === MAX_CANDIDATES ? oldestCursor(here) : undefined),
    total: newest?.found ?? 0,
    isLowerBound: newest?.examined === MAX_CANDIDATES,
  }
}

const oldestCursor = ({ oldestAt, oldestId }: { oldestAt: number | null; oldestId: number | null }) =>
  oldestAt === null || oldestId === null ? undefined : { at: oldestAt, id: oldestId }
