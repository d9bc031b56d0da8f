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

/**
 * The body of an event that delivery/channels/chat inserts when it disables a webhook, or when a product refuses messages
 * for a setting that an admin can correct.
 */
const RefusedWebhook = z.object({
  orgId: z.int(),
  product: z.enum(CHAT_PRODUCTS),
  kind: z._default(z.enum(["gone", "wrong_setting"]), "gone"),
})
type RefusedWebhook = z.infer<typeof RefusedWebhook>

export const chatWebhookGoneSource: SignalSource<RefusedWebhook> = {
  parse: (body) => RefusedWebhook.parse(JSON.parse(body)),
  process: (deps, { event, signal }) => announceRefusedWebhook(deps, { eventId: event.id, refused: signal }),
}

/**
 * Tells an organisation's admins that its chat webhook is gone, or which setting they have to correct. It may run twice:
 * the dedupe key names the event. The notification and the end of the event are one batch.
 */
async function announceRefusedWebhook(
  deps: Deps,
  { eventId, refused: { orgId, product, kind } }: { eventId: number; refused: RefusedWebhook },
): Promise<EventResult> {
  const [org] = await queries.selectOrgWithReasons(deps.db, { orgId, product })
  if (!org) return { kind: "done", status: "failed", reason: "unknown_organisation" }
  const message = kind === "gone" ? goneMessage(product, org) : refusedMessage(product, org.refusedReason)
  if (message === undefined) return { kind: "done", status: "ignored", reason: "corrected" }
  const announcement = systemAnnouncement({ org, category: "system", message })
  const now = deps.now()
  const published = await publish(deps, {
    ...announcement,
    audience: { ...announcement.audience, adminsOnly: true },
    dedupe: { key: `room_gone:${eventId}` },
    alongside: (publicationId) => [finishPublishedEvent(deps.db, { id: eventId, publicationId, now })],
  })
  return toEventResult(published)
}

/** `undefined` if another webhook was stored meanwhile. */
const goneMessage = (
  product: ChatProduct,
  { goneAt, goneReason }: { goneAt: number | null; goneReason: string | null },
) =>
  goneAt === null
    ? undefined
    : [
        `${CHAT_PRODUCT_NAME[product]} takes no more messages from Dalgo, so it was switched off for your organisation.`,
        "Everybody still gets notifications in their inbox and by e-mail, as they chose.",
        `To do: Make a new webhook in ${CHAT_PRODUCT_NAME[product]} and store it in Dalgo.`,
        ...(goneReason ? [`${DETAILS_LABEL} ${goneReason}.`] : []),
      ].join("\n")

/** `undefined` if the setting was corrected meanwhile. */
const refusedMessage = (product: ChatProduct, reason: string | null) =>
  reason === null
    ? undefined
    : [
        `${CHAT_PRODUCT_NAME[product]} refuses Dalgo's messages to your organisation: ${reason}.`,
        "Everybody still gets notifications in their inbox and by e-mail, as they chose.",
        `To do: Correct this. ${CHAT_PRODUCT_NAME[product]} stays switched on, and messages arrive there again as soon as it takes them.`,
      ].join("\n")
