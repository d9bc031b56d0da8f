import type { ChatProduct } from "../../../domain/channels"
import { DeliveryError } from "../../retry"
import { CHAT_ADAPTERS } from "./adapters"
import { postMessage, WebhookGoneError } from "./post"

type TestMessage = { product: ChatProduct; webhook: string; orgName: string }

/** Posts a test message. */
export async function sendTestMessage({
  product,
  webhook,
  orgName,
}: TestMessage): Promise<"sent" | "gone" | "refused" | "unavailable"> {
  const text = `This is a test from Dalgo. Notifications of ${orgName} will appear here.`
  try {
    await postMessage(CHAT_ADAPTERS[product], { webhook, content: { heading: "Test", text, link: undefined } })
    return "sent"
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    if (error instanceof WebhookGoneError) return "gone"
    return error.options.permanent ? "refused" : "unavailable"
  }
}
