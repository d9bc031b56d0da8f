import type { Deps } from "../../deps"
import { orgScopeFor } from "../../auth/authority"
import type { Caller } from "../../auth/caller"
import type { DeliveryCursor } from "./id"
import * as queries from "./queries"
import { takePage } from "../../inbox/pagination"
import type { UndeliveredStatus } from "./schemas"

type Request = {
  caller: Caller
  chosenSlug: string | undefined
  orgSlug: string | undefined
  statuses: UndeliveredStatus[]
  limit: number
  after: DeliveryCursor | undefined
}

/** Failed and dead deliveries, newest first: of one organisation, or of all for a platform caller. One round trip. */
export async function listUndelivered(deps: Deps, { caller, chosenSlug, orgSlug, statuses, limit, after }: Request) {
  const orgId = await orgScopeFor(deps, { caller, chosenSlug, orgSlug })
  const { rows, last } = takePage(
    await queries.selectUndeliveredPage(deps.db, { orgId, statuses, limit, after }),
    limit,
  )
  return { rows, next: last }
}
