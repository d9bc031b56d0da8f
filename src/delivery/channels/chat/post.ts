import { type ChatProduct, CHAT_PRODUCT_NAME } from "../../../domain/channels"
import { parseStoredWebhook } from "../../../destinations/chat-webhooks/url"
import { DeliveryError, isTransientStatus, parseRetryAfter } from "../../retry"
import type { ChatContent } from "./content"

/** How one kind of room is spoken to. */
export type ChatAdapter = {
  product: ChatProduct
  urlFor: (webhook: string) => string
  toBody: (note: ChatContent) => object
  /** What it calls a message that it took. */
  messageIdIn: (answer: string) => string | null
  /** Why this webhook will never take a message again, in words; `undefined` if it may. */
  goneReason: (status: number, answer: string) => string | undefined
}

/** The room does not know this webhook any more. */
export class WebhookGoneError extends DeliveryError {
  constructor(
    message: string,
    /** Why, in words for those who made the webhook. */
    readonly reason: string,
  ) {
    super(message, { permanent: true })
  }
}

const TIMEOUT_MS = 15_000

/**
 * Says it in the room that this webhook belongs to, and answers the room's own id of the message. Throws
 * `DeliveryError`, in which nothing of the webhook stands.
 */
export async function postMessage(manner: ChatAdapter, webhook: string, note: ChatContent): Promise<string | null> {
  const name = CHAT_PRODUCT_NAME[manner.product]
  const known = parseStoredWebhook(manner.product, webhook)
  if (!known) throw new WebhookGoneError(`the webhook is none of ${name}'s`, `the webhook is none of ${name}'s`)
  const response = await fetch(manner.urlFor(known), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(manner.toBody(note)),
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new DeliveryError(`${name} did not answer`, { permanent: false })
  })
  const { status, headers } = response
  // The message is said whatever becomes of the rest of the answer: failing here would say it twice.
  const answer = await response.text().catch(() => "")
  if (response.ok) return manner.messageIdIn(answer)

  const why = manner.goneReason(status, answer)
  if (why) throw new WebhookGoneError(`${name} answered ${status}: ${why}`, why)
  throw new DeliveryError(`${name} answered ${status}`, {
    permanent: !isTransientStatus(status),
    retryAfterMs: retryAfterIn(answer) ?? parseRetryAfter(headers.get("retry-after"), Date.now()),
  })
}

/** What Discord asks us to wait, to the millisecond. */
function retryAfterIn(answer: string): number | undefined {
  const seconds = Number(/"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(answer)?.[1])
  return seconds > 0 ? Math.ceil(seconds * 1000) : undefined
}
