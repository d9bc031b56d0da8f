import type { Deps } from "../deps"
import type { Caller } from "../auth/caller"
import { cut } from "../inbox/pagination"
import * as queries from "./recipient-queries"
import { notificationOf } from "./authorize"

/** Who was told, and whether each has read it. Nobody yet, while it is scheduled: that is decided when it is sent. */
export async function recipientsOf(deps: Deps, { caller, id, after }: { caller: Caller; id: number; after: number }) {
  const { sentAt, ...notification } = await notificationOf(deps, { caller, id })
  if (sentAt === null) return { recipients: [], next: null }
  const found = await queries.recipientsOf(deps.db, { notification: { ...notification, sentAt }, after })
  const { rows: recipients, last } = cut(found, queries.MOST_RECIPIENTS)
  return { recipients, next: last?.id ?? null }
}
