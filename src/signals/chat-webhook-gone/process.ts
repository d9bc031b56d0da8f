import * as z from "zod/mini"
import { type ChatProduct, CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { handleEvent, type EventResult } from "../events/handle"
import { systemAnnouncement } from "../system-announcement"
import * as signals from "../events/queries"
import * as queries from "./queries"

/** What delivery/ leaves where it finds a room gone. */
const GoneWebhookEvent = z.object({ orgId: z.int(), room: z.enum(CHAT_PRODUCTS) })

/**
 * Tells the admins of an organisation that its room is gone, once: it may run twice, since the event has a dedupe key.
 * The notification and the end of the event are one batch.
 */
export const announceGoneWebhook = (deps: Deps, { eventId }: { eventId: number }): Promise<void> =>
  handleEvent(deps, { eventId }, (event) => publishGoneWebhook(deps, event))

async function publishGoneWebhook(deps: Deps, { id: eventId, body }: SignalEvent): Promise<EventResult> {
  const { orgId, room } = GoneWebhookEvent.parse(JSON.parse(body))
  const [org] = await queries.selectOrgWithWebhook(deps.db, { orgId, room })
  if (!org) return { status: "failed", reason: "unknown_organisation" }
  const voice = systemAnnouncement({ org, category: "system", message: messageFor(room, org.reason) })
  const done = { status: "processed", reason: "published" } as const
  const published = await publish(deps, {
    ...voice,
    audience: { ...voice.audience, adminsOnly: true },
    dedupe: { key: `room_gone:${eventId}` },
    alongside: () => [signals.finishEvent(deps.db, { id: eventId, ...done, now: deps.now() })],
  })
  return published.kind === "published" ? done : { status: "processed", reason: published.kind }
}

const messageFor = (room: ChatProduct, reason: string | null) =>
  [
    `${CHAT_PRODUCT_NAME[room]} takes no more messages from Dalgo, so it was switched off for your organisation.`,
    ...(reason ? [`Why: ${reason}.`] : []),
    `To be told there again, make a new webhook in ${CHAT_PRODUCT_NAME[room]} and store it in Dalgo.`,
    "Everybody still gets notifications in their inbox and by e-mail, as they chose.",
  ].join("\n")
