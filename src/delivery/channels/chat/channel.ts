import { CHAT_PRODUCT_NAME } from "../../../domain/channels"
import type { Deps } from "../../../deps"
import { errorName, log } from "../../../runtime/log"
import { unseal } from "../../../destinations/chat-webhooks/seal"
import { DeliveryError } from "../../retry"
import type { ChannelSender } from "../channel"
import { toChatContent } from "./content"
import { type ChatAdapter, postMessage, WebhookGoneError } from "./post"
import * as queries from "./queries"

/** When the sweep takes word of a room that is gone, if its hint was lost. */
const SWEEP_AFTER_MS = 30_000

/** Messages to organisations, each in its own room. One that is gone is switched off, and its admins hear of it. */
export const chatChannel =
  (manner: ChatAdapter): ChannelSender =>
  async (deps, { notification, recipientIds }) => {
    const { product: room } = manner
    const { SECRETS_KEYS, FRONTEND_URL } = deps.config
    const rooms = await queries.selectChatWebhooks(deps.db, { room, orgIds: recipientIds })
    return async (orgId) => {
      const told = rooms.find((one) => one.orgId === orgId)
      if (!told)
        return { kind: "suppressed", reason: `${CHAT_PRODUCT_NAME[room]} is switched off for this organisation` }
      // Its admins may send it again, by another webhook.
      if (!told.isOn)
        throw new DeliveryError(
          `${CHAT_PRODUCT_NAME[room]} was switched off: ${told.whyGone ?? "the webhook is gone"}`,
          {
            permanent: true,
          },
        )
      const webhook = await unseal(SECRETS_KEYS, told.webhook, { orgId, column: `${room}_webhook` })
      const inboxUrl = FRONTEND_URL && `${FRONTEND_URL}/notifications`
      try {
        const note = toChatContent({ ...notification, orgName: told.orgName, inboxUrl })
        return { kind: "sent", providerId: await postMessage(manner, webhook, note) }
      } catch (error) {
        if (error instanceof WebhookGoneError)
          await disableWebhook(deps, { room, orgId, webhook: told.webhook, why: error.reason })
        throw error
      }
    }
  }

type GoneWebhook = { room: ChatAdapter["product"]; orgId: number; webhook: string; why: string }

/** Of several that find the room gone, the first switches it off and leaves word. */
async function disableWebhook(deps: Deps, { why, ...told }: GoneWebhook): Promise<void> {
  const now = deps.now()
  const [left] = await deps.db.batch([
    queries.insertGoneEvent(deps.db, { ...told, now, dueAt: now + SWEEP_AFTER_MS }),
    queries.disableWebhook(deps.db, { ...told, now, why }),
  ])
  for (const { id } of left) {
    await deps.signals.send({ kind: "room_gone", eventId: id }).catch((error) => {
      log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: id, reason: errorName(error) })
    })
  }
}
