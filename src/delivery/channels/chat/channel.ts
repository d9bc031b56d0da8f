import { SERVICE_AUTHOR, splitDetails } from "../../../domain/announcement"
import { usableLink } from "../../../domain/notification-link"
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
import { ChatRefusedError, postMessage } from "./post"
import * as queries from "./queries"
import type { Refusal } from "./refusal"

/**
 * Sends to organisations, each through its own webhook. A webhook that is gone is disabled. Its admins are told of that,
 * and of a wrong setting that they can mend.
 */
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
        link: usableLink(FRONTEND_URL, notification.link),
      })
      const active = { orgId, product, webhook: row.webhook }
      const providerId = await postMessage(CHAT_ADAPTERS[product], { webhook, content }).catch(async (error) => {
        if (error instanceof ChatRefusedError) await recordRefusal(deps, active, error.refusal)
        throw error
      })
      if (row.refusedReason !== null) clearRefusal(deps, active)
      return { kind: "sent", providerId }
    }
  }

export const CHAT_CHANNELS = perChatProduct(chatChannel)

type StoredWebhook = { orgId: number; product: ChatProduct; webhook: string }

/**
 * Stores what its admins should know about a webhook, and tells them once. Concurrent sends may all get the same answer.
 * Both statements apply to a webhook that is enabled and not yet in this state only, so that the first one updates it and
 * inserts the event.
 */
async function recordRefusal(deps: Deps, active: StoredWebhook, { kind, words = "" }: Refusal): Promise<void> {
  if (kind !== "gone" && kind !== "wrong_setting") return
  const now = deps.now()
  const change = { ...active, now, reason: words }
  const dueAt = now + SWEEP_AFTER_MS
  const [events] = await deps.db.batch(
    kind === "gone"
      ? [queries.insertGoneEvent(deps.db, { ...change, dueAt }), queries.disableWebhook(deps.db, change)]
      : [queries.insertRefusedEvent(deps.db, { ...change, dueAt }), queries.updateRefusal(deps.db, change)],
  )
  for (const { id } of events) {
    await sendSignals(deps, [{ body: { kind: "room_gone", eventId: id }, orgId: active.orgId }]).catch((error) => {
      log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: id, reason: errorName(error) })
    })
  }
}

/** After the answer, and without failing: the product has taken the message, which must not be sent again. */
function clearRefusal(deps: Deps, active: StoredWebhook): void {
  const { orgId: org_id, product: channel } = active
  deps.waitUntil(
    queries.clearRefusal(deps.db, active).catch((error: unknown) => {
      log({ event: "webhook_update_failed", org_id, channel, reason: errorName(error) })
    }),
  )
}
