import { CHAT_PRODUCT_NAME } from "../../../domain/channels"
import { parseStoredWebhook } from "../../../destinations/chat-webhooks/url"
import { isTransientStatus, parseRetryAfter } from "../../../runtime/http-retry"
import { DeliveryError } from "../../retry"
import type { ChatAdapter } from "./adapter"
import type { ChatContent } from "./content"

/** The product no longer knows this webhook. */
export class WebhookGoneError extends DeliveryError {
  constructor(
    message: string,
    /** In words for the organisation's admins. */
    readonly reason: string,
  ) {
    super(message, { permanent: true })
  }
}

const TIMEOUT_MS = 15_000

/**
 * Posts a message to a webhook and returns the product's id of the message, or `null` if it gives none. Throws
 * `DeliveryError`, whose message has no part of the webhook in it.
 */
export async function postMessage(
  adapter: ChatAdapter,
  { webhook, content }: { webhook: string; content: ChatContent },
): Promise<string | null> {
  const name = CHAT_PRODUCT_NAME[adapter.product]
  const url = parseStoredWebhook(adapter.product, webhook)
  if (!url) {
    const reason = `the stored URL is not a ${name} webhook`
    throw new WebhookGoneError(reason, reason)
  }
  const response = await fetch(adapter.urlFor(url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(adapter.toBody(content)),
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new DeliveryError(`${name} did not answer`, { permanent: false })
  })
  const { status, headers } = response
  // The product has the message once it answers ok: an error while reading the body must not send it again.
  const answer = await response.text().catch(() => "")
  if (response.ok) return adapter.messageIdIn(answer)

  const goneReason = adapter.goneReason(status, answer)
  if (goneReason) throw new WebhookGoneError(`${name} answered ${status}: ${goneReason}`, goneReason)
  throw new DeliveryError(`${name} answered ${status}`, {
    permanent: !isTransientStatus(status),
    retryAfterMs: retryAfterIn(answer) ?? parseRetryAfter(headers.get("retry-after"), Date.now()),
  })
}

/** Discord's `retry_after`: seconds with a fraction, more precise than its header. */
function retryAfterIn(answer: string): number | undefined {
  const seconds = Number(/"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(answer)?.[1])
  return seconds > 0 ? Math.ceil(seconds * 1000) : undefined
}
