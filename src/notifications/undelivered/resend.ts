import { retryDelivery } from "../../delivery/outbox"
import type { Deps } from "../../deps"
import { AppError, notFound } from "../../runtime/errors"
import type { Caller } from "../../auth/caller"
import type { DeliveryKey } from "./id"
import * as queries from "./queries"
import { canManage } from "../authorize"

/** Sends again what was given up on. Of two that do it at once, one comes first. */
export async function resendDelivery(deps: Deps, { caller, key }: { caller: Caller; key: DeliveryKey }): Promise<void> {
  const [delivery] = await queries.selectDeliveryOrg(deps.db, key)
  if (!delivery || !canManage(caller, delivery.orgId)) throw notFound("delivery")
  if (!(await retryDelivery(deps, key))) throw new AppError("rejected", "Only what failed can be sent again.")
}
