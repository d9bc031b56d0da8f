import { type ChatProduct, CHAT_PRODUCT_NAME } from "../../domain/channels"
import type { Deps } from "../../deps"
import { AppError, MisconfiguredError } from "../../runtime/errors"
import { getChatWebhook } from "../../destinations/chat-webhooks/settings"

const RETRY_AFTER_SECONDS = 60

/**
 * Sends a test to the stored webhook at once, whether it is enabled or not. Throws `AppError` for every other result
 * than a message in the channel.
 */
export async function sendTest(deps: Deps, { orgId, product }: { orgId: number; product: ChatProduct }): Promise<void> {
  const { orgName, webhook } = await getChatWebhook(deps, { orgId, product }).catch((error) => {
    if (!(error instanceof MisconfiguredError)) throw error
    throw new AppError("unavailable", "the stored webhook cannot be read")
  })
  const name = CHAT_PRODUCT_NAME[product]
  if (!webhook) throw new AppError("rejected", `No ${name} webhook is stored.`)
  // Imported here, since no other request needs the senders.
  const { sendTestMessage } = await import("../channels/chat/send-test")
  const result = await sendTestMessage(deps, { product, webhook, orgId, orgName })
  switch (result.kind) {
    case "sent":
      return
    case "gone":
      throw new AppError("rejected", `${refused(name, result)}. Make a new webhook, and store it in Dalgo.`)
    case "wrong_setting":
    case "message_at_fault":
      throw new AppError("rejected", `${refused(name, result)}.`)
    case "wait":
      throw new AppError("unavailable", `${name} cannot take a message right now${inWords(result)}`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
  }
}

/** The words are those of the deliveries, and of the notice to admins. */
const inWords = ({ words }: { words?: string | undefined }) => (words ? `: ${words}` : "")
const refused = (name: string, refusal: { words?: string | undefined }) =>
  `${name} refused the message${inWords(refusal)}`
