import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"
import type { Caller } from "../auth/caller"
import * as queries from "./queries"
import { requireManaged } from "./authorize"

/** Takes back what is scheduled. Of two that do it at once, and of the cron that sends it, one comes first. */
export async function cancelScheduled(deps: Deps, { caller, id }: { caller: Caller; id: number }): Promise<void> {
  await requireManaged(deps, { caller, id })
  const [, [left]] = await deps.db.batch([
    queries.deleteUnsent(deps.db, { id }),
    queries.selectNotification(deps.db, { id }),
  ])
  if (left) throw new AppError("rejected", "Notification has already been sent and cannot be deleted.")
}
