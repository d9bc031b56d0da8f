import type { ChatProduct } from "../../../domain/channels"
import { DeliveryError } from "../../retry"
import { discordAdapter } from "./discord"
import { slackAdapter } from "./slack"
import { type ChatAdapter, postMessage, WebhookGoneError } from "./post"

const ADAPTERS: Record<ChatProduct, ChatAdapter> = { discord: discordAdapter, slack: slackAdapter }

/** Says in a room that this is a test, as it would say anything else there. */
export async function sendTestMessage({
  room,
  webhook,
  orgName,
}: {
  room: ChatProduct
  webhook: string
  orgName: string
}) {
  const text = `This is a test from Dalgo. What ${orgName} is notified of will be told here.`
  try {
    await postMessage(ADAPTERS[room], webhook, { heading: "Test", text, link: undefined })
    return "sent"
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    if (error instanceof WebhookGoneError) return "gone"
    return error.options.permanent ? "refused" : "busy"
  }
}
