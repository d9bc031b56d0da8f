import * as z from "zod/mini"
import { DETAILS_LABEL } from "../../domain/announcement"
import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { toEventResult } from "../events/publish-result"
import { finishPublishedEvent } from "../events/queries"
import type { EventResult, SignalSource } from "../events/source"
import { platformAdminChannels } from "../prefect/platform-admin-message"
import { platformAdminAnnouncement } from "../system-announcement"

/** The body of an event that delivery/channels/web-push inserts, at most one a day. */
const RefusedKey = z.object({ reason: z.string() })
type RefusedKey = z.infer<typeof RefusedKey>

export const pushKeyRefusedSource: SignalSource<RefusedKey> = {
  parse: (body) => RefusedKey.parse(JSON.parse(body)),
  process: (deps, { event, signal }) => alertRefusedKey(deps, { eventId: event.id, ...signal }),
}

/**
 * Tells the platform admins that a push service refuses our VAPID key. It may run twice: the dedupe key names the event.
 * The notification and the end of the event are one batch.
 */
async function alertRefusedKey(
  deps: Deps,
  { eventId, reason }: RefusedKey & { eventId: number },
): Promise<EventResult> {
  const channels = platformAdminChannels(deps.config)
  if (channels.length === 0) return { kind: "done", status: "ignored", reason: "no_platform_admins" }
  const message = [
    "A push service of browsers refuses our key.",
    "Push messages to its devices wait. The same notifications are in the inbox and in e-mails, as people chose.",
    "To do: check VAPID_SUBJECT, which must be a real address, and VAPID_PUBLIC_KEY with VAPID_PRIVATE_KEY.",
    `${DETAILS_LABEL} ${reason}.`,
  ].join("\n")
  const now = deps.now()
  const published = await publish(deps, {
    ...platformAdminAnnouncement({ category: "incident", message }),
    // With a hash, the key is forgotten when the notification is purged.
    dedupe: { key: `push_key_refused:${eventId}`, requestHash: "push_key_refused" },
    platformAdmins: { message, channels },
    alongside: (publicationId) => [finishPublishedEvent(deps.db, { id: eventId, publicationId, now })],
  })
  return toEventResult(published)
}
