import { CHAT_PRODUCT_NAME } from "../../../domain/channels"
import { parseStoredWebhook } from "../../../destinations/chat-webhooks/url"
import { parseRetryAfter } from "../../../runtime/http-retry"
import { DeliveryError } from "../../retry"
import type { ChatAdapter } from "./adapter"
import type { ChatContent } from "./content"
import { gone, isWebPage, type Refusal, wait } from "./refusal"

/** The product did not take the message, and said why. */
export class ChatRefusedError extends DeliveryError {
  constructor(
    message: string,
    readonly refusal: Refusal,
    options: { retryAfterMs?: number | undefined; slowDown?: boolean } = {},
  ) {
    super(message, { permanent: refusal.kind !== "wait", ...options })
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
    const words = `the stored URL is not a ${name} webhook`
    throw new ChatRefusedError(words, gone(words))
  }
  const response = await fetch(adapter.urlFor(url), {
    method: "POST",
    headers: { "content-type": "application/json", ...adapter.headers },
    body: JSON.stringify(adapter.toBody(content)),
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new DeliveryError(`${name} did not answer`, { permanent: false })
  })
  const { status, headers } = response
  // The product has the message once it answers ok: an error while reading the body must not send it again.
  const answer = await response.text().catch(() => "")
  const refusal = refusalIn(adapter, { ok: response.ok, status, answer })
  if (!refusal) return adapter.messageIdIn(answer)
  const message = `${name} answered ${status}${refusal.words ? `: ${refusal.words}` : ""}`
  throw new ChatRefusedError(message, refusal, {
    slowDown: status === 429 && isGlobal(answer),
    retryAfterMs: retryAfterIn(answer) ?? parseRetryAfter(headers.get("retry-after"), Date.now()),
  })
}

type Answer = { ok: boolean; status: number; answer: string }

/** `undefined` if the product has taken the message. */
function refusalIn(adapter: ChatAdapter, { ok, status, answer }: Answer): Refusal | undefined {
  if (!ok) return adapter.refusal(status, answer)
  return isWebPage(answer) ? wait("it answered with a web page") : adapter.refusalInSuccess?.(answer)
}

/** Discord's `retry_after`: seconds with a fraction, more precise than its header. */
function retryAfterIn(answer: string): number | undefined {
  const seconds = Number(/"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(answer)?.[1])
  return seconds > 0 ? Math.ceil(seconds * 1000) : undefined
}

/** Discord's limit for all webhooks together. While it lasts, each further message counts towards a ban of our address. */
const isGlobal = (answer: string) => /"global"\s*:\s*true\b|^\s*error code: 1015\b/i.test(answer)
