import { type ChatProduct, CHAT_PRODUCT_NAME } from "../../domain/channels"
import type { Deps } from "../../deps"
import { AppError, MisconfiguredError } from "../../runtime/errors"
import { getChatWebhook } from "../../destinations/chat-webhooks/settings"

const RETRY_SECONDS = 60

/** Sends a test at once to the webhook that is stored. Throws what came of it, if that is not a message in the room. */
export async function sendTest(deps: Deps, { orgId, room }: { orgId: number; room: ChatProduct }): Promise<void> {
  const { orgName, webhook } = await getChatWebhook(deps, { orgId, room }).catch((error) => {
    if (!(error instanceof MisconfiguredError)) throw error
    throw new AppError("unavailable", "the stored webhook cannot be read")
  })
  const name = CHAT_PRODUCT_NAME[room]
  if (!webhook) throw new AppError("rejected", `No ${name} webhook is stored.`)
  // No other request needs what sends.
  const { sendTestMessage: tryRoom } = await import("../channels/chat/send-test")
  switch (await tryRoom({ room, webhook, orgName })) {
    case "sent":
      return
    case "gone":
      throw new AppError(
        "rejected",
        `${name} does not know this webhook any more: make a new one there, and store it here.`,
      )
    case "refused":
      throw new AppError("rejected", `${name} refused the message.`)
    case "busy":
      throw new AppError("unavailable", `${name} cannot take a message right now`, {
        retryAfterSeconds: RETRY_SECONDS,
      })
  }
}
