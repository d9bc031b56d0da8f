import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"
import type { Caller } from "../auth/caller"
import * as queries from "./queries"
import { requireManaged } from "./authorize"

/** Deletes a scheduled notification. The conditional DELETE decides against a concurrent cancel, and against the cron. */
export async function cancelScheduled(deps: Deps, { caller, id }: { caller: Caller; id: number }): Promise<void> {
  await requireManaged(deps, { caller, id })
  const [, [sent]] = await deps.db.batch([
    queries.deleteUnsent(deps.db, { id }),
    queries.selectNotification(deps.db, { id }),
  ])
  if (sent) throw new AppError("rejected", "Notification has already been sent and cannot be deleted.")
}
