import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"
import type { Caller } from "../auth/caller"
import { isAtLeast } from "../domain/roles"
import { selectNotification } from "./queries"

/** The notification, if the caller may manage it. For anybody else it does not exist. */
export async function requireManaged(deps: Deps, { caller, id }: { caller: Caller; id: number }) {
  const [notification] = await selectNotification(deps.db, { id })
  if (notification && canManage(caller, notification.orgId)) return notification
  throw new AppError("rejected", "Notification does not exist.")
}

/** Admins manage the notifications of their organisation; `null` spans organisations and needs a platform caller. */
export const canManage = (caller: Caller, orgId: number | null) =>
  caller.kind === "service" ||
  caller.isSuperAdmin ||
  caller.memberships.some((m) => m.orgId === orgId && isAtLeast(m.role, "admin"))
