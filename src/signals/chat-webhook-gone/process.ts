import * as z from "zod/mini"
import { DETAILS_LABEL } from "../../domain/announcement"
import { type ChatProduct, CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { toEventResult } from "../events/publish-result"
import { finishPublishedEvent } from "../events/queries"
import type { EventResult, SignalSource } from "../events/source"
import { systemAnnouncement } from "../system-announcement"
import * as queries from "./queries"

/** The body of an event that delivery/channels/chat inserts when it disables a webhook. */
const GoneWebhook = z.object({ orgId: z.int(), product: z.enum(CHAT_PRODUCTS) })
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
  { eventId, gone: { orgId, product } }: { eventId: number; gone: GoneWebhook },
): Promise<EventResult> {
  const [org] = await queries.selectOrgWithGoneReason(deps.db, { orgId, product })
  if (!org) return { kind: "done", status: "failed", reason: "unknown_organisation" }
  const announcement = systemAnnouncement({ org, category: "system", message: messageFor(product, org.goneReason) })
  const now = deps.now()
  const published = await publish(deps, {
    ...announcement,
    audience: { ...announcement.audience, adminsOnly: true },
    dedupe: { key: `room_gone:${eventId}` },
    alongside: (publicationId) => [finishPublishedEvent(deps.db, { id: eventId, publicationId, now })],
  })
  return toEventResult(published)
}

const messageFor = (product: ChatProduct, goneReason: string | null) =>
  [
    `${CHAT_PRODUCT_NAME[product]} takes no more messages from Dalgo, so it was switched off for your organisation.`,
    "Everybody still gets notifications in their inbox and by e-mail, as they chose.",
    `To do: Make a new webhook in ${CHAT_PRODUCT_NAME[product]} and store it in Dalgo.`,
    ...(goneReason ? [`${DETAILS_LABEL} ${goneReason}.`] : []),
  ].join("\n")
