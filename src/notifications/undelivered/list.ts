import type { Deps } from "../../deps"
import { orgToOversee } from "../../auth/authority"
import type { Caller } from "../../auth/caller"
import type { DeliveryPlace } from "./id"
import * as queries from "./queries"
import { cut } from "../../inbox/pagination"
import type { GivenUp } from "../schemas"

type Request = {
  caller: Caller
  chosenSlug: string | undefined
  orgSlug: string | undefined
  statuses: GivenUp[]
  limit: number
  after: DeliveryPlace | undefined
}

/** What was given up on: of the organisation that the caller runs, or of all. One round trip. */
export async function listFailed(deps: Deps, { caller, chosenSlug, orgSlug, statuses, limit, after }: Request) {
  const orgId = await orgToOversee(deps, { caller, chosenSlug, orgSlug })
  const { rows, last } = cut(await queries.failedPage(deps.db, { orgId, statuses, limit, after }), limit)
  return { rows, next: last }
}
