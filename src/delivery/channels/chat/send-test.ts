import type { ChatProduct } from "../../../domain/channels"
import type { Deps } from "../../../deps"
import { DeliveryError } from "../../retry"
import { CHAT_ADAPTERS } from "./adapters"
import { ChatRefusedError, postMessage } from "./post"
import { clearAnyRefusal } from "./queries"
import type { Refusal } from "./refusal"

type TestMessage = { product: ChatProduct; webhook: string; orgId: number; orgName: string }

/** Posts a test message. Once the product takes it, an earlier refusal is corrected. */
export async function sendTestMessage(
  { db }: Deps,
  { product, webhook, orgId, orgName }: TestMessage,
): Promise<Refusal | { kind: "sent" }> {
  const text = `This is a test from Dalgo. Notifications of ${orgName} will appear here.`
  try {
    await postMessage(CHAT_ADAPTERS[product], { webhook, content: { heading: "Test", text, link: undefined } })
  } catch (error) {
    if (error instanceof ChatRefusedError) return error.refusal
    if (error instanceof DeliveryError) return { kind: "wait" }
    throw error
  }
  await clearAnyRefusal(db, { orgId, product })
  return { kind: "sent" }
}
