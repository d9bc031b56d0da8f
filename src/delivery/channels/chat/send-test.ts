import type { ChatProduct } from "../../../domain/channels"
import { DeliveryError } from "../../retry"
import { CHAT_ADAPTERS } from "./adapters"
import { ChatRefusedError, postMessage } from "./post"
import type { Refusal } from "./refusal"

type TestMessage = { product: ChatProduct; webhook: string; orgName: string }

/** Posts a test message. */
export async function sendTestMessage({ product, webhook, orgName }: TestMessage): Promise<Refusal | { kind: "sent" }> {
  const text = `This is a test from Dalgo. Notifications of ${orgName} will appear here.`
  try {
    await postMessage(CHAT_ADAPTERS[product], { webhook, content: { heading: "Test", text, link: undefined } })
    return { kind: "sent" }
  } catch (error) {
    if (error instanceof ChatRefusedError) return error.refusal
    if (error instanceof DeliveryError) return { kind: "wait" }
    throw error
  }
}
