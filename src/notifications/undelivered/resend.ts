import { requeueDelivery } from "../../delivery/outbox"
import type { Deps } from "../../deps"
import { AppError, notFound } from "../../runtime/errors"
import type { Caller } from "../../auth/caller"
import type { DeliveryKey } from "./id"
import * as queries from "./queries"
import { canManage } from "../authorize"

/** Resets a failed or dead delivery and enqueues it. The conditional UPDATE lets one of two concurrent calls do it. */
export async function resendDelivery(deps: Deps, { caller, key }: { caller: Caller; key: DeliveryKey }): Promise<void> {
  const [delivery] = await queries.selectDeliveryOrg(deps.db, key)
  if (!delivery || !canManage(caller, delivery.orgId)) throw notFound("delivery")
  if (!(await requeueDelivery(deps, key))) throw new AppError("rejected", "Only a failed delivery can be sent again.")
}
