import type { Deps } from "../deps"
import type { Caller } from "../auth/caller"
import { takePage } from "../inbox/pagination"
import * as queries from "./recipient-queries"
import { requireManaged } from "./authorize"

/** A notice about a spam complaint (signals/email-feedback): its recipient is the one who complained. */
const isConfidential = (dedupeKey: string | null) => dedupeKey?.startsWith("mail:complained:") ?? false

/** The recipients and whether each has read it. A scheduled notification has none: they are chosen when it is sent. */
export async function listRecipients(deps: Deps, { caller, id, after }: { caller: Caller; id: number; after: number }) {
  const { sentAt, dedupeKey, ...notification } = await requireManaged(deps, { caller, id })
  if (sentAt === null || isConfidential(dedupeKey)) return { recipients: [], next: null }
  const found = await queries.selectRecipients(deps.db, { notification: { ...notification, sentAt }, after })
  const { rows: recipients, last } = takePage(found, queries.MAX_RECIPIENTS)
  return { recipients, next: last?.id ?? null }
}
