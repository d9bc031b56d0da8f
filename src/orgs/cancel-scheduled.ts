import { log } from "../runtime/log"

/** Logs what was deleted because its sender is no longer a member. */
export function logCancelled(cancelled: { id: number; orgId: number | null }[]): void {
  for (const { id, orgId } of cancelled)
    log({
      event: "scheduled_notification_cancelled",
      notification_id: id,
      ...(orgId !== null && { org_id: orgId }),
      reason: "sender_removed",
    })
}
