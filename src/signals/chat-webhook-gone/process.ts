import * as z from "zod/mini"
import { type ChatProduct, CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { toEventResult } from "../events/publish-result"
import { finishPublishedEvent } from "../events/queries"
import type { EventResult, SignalSource } from "../events/source"
import { systemAnnouncement } from "../system-announcement"
import * as queries from "./queries"

/** Body of the event that delivery/ inserts when a product's webhook is gone. */
const GoneWebhook = z.object({ orgId: z.int(), room: z.enum(CHAT_PRODUCTS) })
type GoneWebhook = z.infer<typeof GoneWebhook>

export const chatWebhookGoneSource: SignalSource<GoneWebhook> = {
  parse: (body) => GoneWebhook.parse(JSON.parse(body)),
  process: (deps, { event, signal }) => announceGoneWebhook(deps, { eventId: event.id, gone: signal }),
}

/**
 * Tells an organisation's admins that its chat webhook is gone. It may run twice: the dedupe key names the event. The
 * notification and the end of the event are one batch.
 */
async function announceGoneWebhook(
  deps: Deps,
  { eventId, gone: { orgId, room } }: { eventId: number; gone: GoneWebhook },
): Promise<EventResult> {
  const [org] = await queries.selectOrgWithWebhook(deps.db, { orgId, room })
  if (!org) return { kind: "done", status: "failed", reason: "unknown_organisation" }
  const announcement = systemAnnouncement({ org, category: "system", message: messageFor(room, org.reason) })
  const now = deps.now()
  const published = await publish(deps, {
    ...announcement,
    audience: { ...announcement.audience, adminsOnly: true },
    dedupe: { key: `room_gone:${eventId}` },
    alongside: (publicationId) => [finishPublishedEvent(deps.db, { id: eventId, publicationId, now })],
  })
  return toEventResult(published)
}

const messageFor = (room: ChatProduct, reason: string | null) =>
  [
    `${CHAT_PRODUCT_NAME[room]} takes no more messages from Dalgo, so it was switched off for your organisation.`,
    ...(reason ? [`Why: ${reason}.`] : []),
    `To be told there again, make a new webhook in ${CHAT_PRODUCT_NAME[room]} and store it in Dalgo.`,
    "Everybody still gets notifications in their inbox and by e-mail, as they chose.",
  ].join("\n")
