import type { Deps } from "../deps"
import type { Membership } from "../orgs/membership"
import type { Cursor } from "./cursor"
import { countOf, type Filter, isUncounted, kindsOf } from "./filter"
import * as queries from "./inbox-queries"
import type { InboxRow } from "./present"
import { EXAMINED, examined, foundPage } from "./search-queries"

export type Page = { page: number; limit: number; after?: Cursor | undefined }

/** One page, and what there is besides. `isAtLeast`: there may be more than `total`. */
export type Listed<Row> = { rows: Row[]; total: number; isAtLeast: boolean; next: Cursor | undefined }

/** One page of a person's inbox, newest first: one round trip, whatever the filter. */
export function listInbox(
  deps: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter } & Page,
): Promise<Listed<InboxRow>> {
  const { text } = filter
  return text === undefined
    ? listByKind(deps, { me, filter, ...page })
    : listFound(deps, { me, filter: { ...filter, text }, ...page })
}

async function listByKind(
  { db }: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter } & Page,
): Promise<Listed<InboxRow>> {
  const inbox = { orgUserId: me.orgUserId, filter }
  const rows = queries.inboxPage(db, { ...inbox, ...page })
  if (isUncounted(filter)) {
    const [found, [counted]] = await db.batch([rows, queries.countWithin(db, inbox)])
    const total = counted?.number ?? 0
    return { ...pageOf(found, page), total, isAtLeast: total === queries.COUNTED_UP_TO }
  }
  const [found, [counters]] = await db.batch([rows, queries.countersOf(db, inbox)])
  return { ...pageOf(found, page), total: countOf(counters?.kinds ?? {}, kindsOf(filter)), isAtLeast: false }
}

/** A page of a search may be short and yet have a next: what lies further back was not examined. */
async function listFound(
  { db }: Deps,
  { me, filter, ...page }: { me: Membership; filter: Filter & { text: string } } & Page,
): Promise<Listed<InboxRow>> {
  const search = { orgUserId: me.orgUserId, orgId: me.orgId, filter, after: page.after }
  const [rows, [scope]] = await db.batch([foundPage(db, { ...search, ...page }), examined(db, search)])
  const isAtLeast = scope?.examined === EXAMINED
  const { rows: shown, next } = pageOf(rows, page)
  const oldest =
    isAtLeast && scope.oldestAt !== null && scope.oldestId !== null
      ? { at: scope.oldestAt, id: scope.oldestId }
      : undefined
  return { rows: shown, next: next ?? oldest, total: scope?.found ?? 0, isAtLeast }
}

type Placed = { id: number; createdAt: number; sentAt: number | null }

/** The rows of a page, and where the next begins if one row more was found. */
export function pageOf<Row extends Placed>(rows: Row[], { limit }: { limit: number }) {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { rows: shown, next: last && { at: last.sentAt ?? last.createdAt, id: last.id } }
}
