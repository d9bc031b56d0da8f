import type { Deps } from "../deps"
import type { Membership } from "../auth/membership"
import { countOf, type Filter, isUncounted, kindsOf } from "./filter"
import * as queries from "./queries"
import { COUNTED_UP_TO, type Listed, type Page, pageOf } from "./pagination"
import type { InboxRow } from "../notifications/responses"
import { EXAMINED, examined, foundPage } from "./search-queries"

type Inbox = { me: Membership; filter: Filter }

/** One page of a person's inbox, newest first: one round trip, whatever the filter. */
export function listInbox(deps: Deps, { me, filter, ...page }: Inbox & Page): Promise<Listed<InboxRow>> {
  const { text } = filter
  return text === undefined
    ? listByKind(deps, { me, filter, ...page })
    : listFound(deps, { me, filter: { ...filter, text }, ...page })
}

async function listByKind({ db }: Deps, { me, filter, ...page }: Inbox & Page): Promise<Listed<InboxRow>> {
  const inbox = { orgUserId: me.orgUserId, filter }
  const rows = queries.inboxPage(db, { ...inbox, ...page })
  if (isUncounted(filter)) {
    const [found, [counted]] = await db.batch([rows, queries.countWithin(db, inbox)])
    const total = counted?.number ?? 0
    return { ...pageOf(found, page), total, isLowerBound: total === COUNTED_UP_TO }
  }
  const [found, [counters]] = await db.batch([rows, queries.countersOf(db, inbox)])
  return { ...pageOf(found, page), total: countOf(counters?.kinds ?? {}, kindsOf(filter)), isLowerBound: false }
}

/** A page of a search may be short and yet have a next: what lies further back was not examined. */
async function listFound(
  { db }: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter & { text: string } } & Page,
): Promise<Listed<InboxRow>> {
  const search = { orgUserId: me.orgUserId, orgId: me.orgId, filter }
  const [rows, [newest], [further] = []] = await db.batch([
    foundPage(db, { ...search, ...page }),
    examined(db, search),
    ...(page.after ? [examined(db, { ...search, after: page.after })] : []),
  ])
  const here = page.after ? further : newest
  const { rows: shown, next } = pageOf(rows, page)
  return {
    rows: shown,
    next: next ?? (here?.examined === EXAMINED ? oldestOf(here) : undefined),
    total: newest?.found ?? 0,
    isLowerBound: newest?.examined === EXAMINED,
  }
}

const oldestOf = ({ oldestAt, oldestId }: { oldestAt: number | null; oldestId: number | null }) =>
  oldestAt === null || oldestId === null ? undefined : { at: oldestAt, id: oldestId }
