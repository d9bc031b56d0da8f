import { SERVICE_AUTHOR, splitDetails } from "../../../domain/announcement"
import { type ChatProduct, CHAT_PRODUCT_NAME, perChatProduct } from "../../../domain/channels"
import type { Deps } from "../../../deps"
import { decryptWebhook } from "../../../destinations/chat-webhooks/encrypt"
import { SWEEP_AFTER_MS } from "../../../runtime/backoff"
import { errorName, log } from "../../../runtime/log"
import { sendSignals } from "../../../runtime/queue-lanes"
import { DeliveryError } from "../../retry"
import type { ChannelSender } from "../channel"
import { ownOrigins } from "../own-origins"
import { CHAT_ADAPTERS } from "./adapters"
import { toChatContent } from "./content"
import { postMessage, WebhookGoneError } from "./post"
import * as queries from "./queries"

/** Sends to organisations, each through its own webhook. A webhook that is gone is disabled, and its admins are told. */
const chatChannel =
  (product: ChatProduct): ChannelSender =>
  async (deps, { notification, recipientIds }) => {
    const { SECRETS_KEYS, FRONTEND_URL } = deps.config
    const inboxUrl = FRONTEND_URL && `${FRONTEND_URL}/notifications`
    const name = CHAT_PRODUCT_NAME[product]
    const stored = await queries.selectWebhooks(deps.db, { product, orgIds: recipientIds })

    return async (orgId) => {
      const row = stored.find((one) => one.orgId === orgId)
      if (!row) return { kind: "suppressed", reason: `${name} is switched off for this organisation` }
      // It fails and is not suppressed, so that an admin can send it again through another webhook.
      if (!row.enabled)
        throw new DeliveryError(`${name} was switched off: ${row.goneReason ?? "the webhook is gone"}`, {
          permanent: true,
        })
      const webhook = await decryptWebhook(SECRETS_KEYS, { orgId, product, webhook: row.webhook })
      const isOwn = notification.author === SERVICE_AUTHOR
      const content = toChatContent({
        ...notification,
        // A chat is read by others than members: the details stay in the inbox and in the mail.
        message: isOwn ? splitDetails(notification.message).main : notification.message,
        orgName: row.orgName,
        ownOrigins: isOwn ? ownOrigins(deps.config) : undefined,
        inboxUrl,
      })
      try {
        return { kind: "sent", providerId: await postMessage(CHAT_ADAPTERS[product], { webhook, content }) }
      } catch (error) {
        if (error instanceof WebhookGoneError)
          await disableGoneWebhook(deps, { orgId, product, webhook: row.webhook, goneReason: error.reason })
        throw error
      }
    }
  }

export const CHAT_CHANNELS = perChatProduct(chatChannel)

type GoneWebhook = { orgId: number; product: ChatProduct; webhook: string; goneReason: string }

/**
 * Concurrent sends may all find the webhook gone. Both statements apply to an enabled webhook only, so that the first
 * one disables it and inserts the event.
 */
async function disableGoneWebhook(deps: Deps, { goneReason, ...active }: GoneWebhook): Promise<void> {
  const now = deps.now()
  const [events] = await deps.db.batch([
    queries.insertGoneEvent(deps.db, { ...active, now, dueAt: now + SWEEP_AFTER_MS }),
    queries.disableWebhook(deps.db, { ...active, now, goneReason }),
  ])
  for (const { id } of events) {
    await sendSignals(deps, [{ body: { kind: "room_gone", eventId: id }, orgId: active.orgId }]).catch((error) => {
      log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: id, reason: errorName(error) })
    })
  }
}
