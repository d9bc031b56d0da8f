import type { Deps } from "../deps"
import type { Caller } from "../auth/caller"
import { takePage } from "../inbox/pagination"
import { isComplaintNotice } from "./opt-out-notice"
import * as queries from "./recipient-queries"
import { requireManaged } from "./authorize"

/** The recipients and whether each has read it. A scheduled notification has none: they are chosen when it is sent. */
export async function listRecipients(deps: Deps, { caller, id, after }: { caller: Caller; id: number; after: number }) {
  const { sentAt, dedupeKey, ...notification } = await requireManaged(deps, { caller, id })
  if (sentAt === null || isComplaintNotice(dedupeKey)) return { recipients: [], next: null }
  const found = await queries.selectRecipients(deps.db, { notification: { ...notification, sentAt }, after })
  const { rows: recipients, last } = takePage(found, queries.MAX_RECIPIENTS)
  return { recipients, next: last?.id ?? null }
}
