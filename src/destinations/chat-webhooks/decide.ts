import type { ChatProduct } from "../../domain/channels"
import { maskWebhook, parseWebhook } from "./url"

/** The action on an organisation's stored webhook. */
export type WebhookDecision =
  | { kind: "replace"; webhook: string }
  | { kind: "keep" }
  | { kind: "clear" }
  /** None was given, and none is stored. */
  | { kind: "missing" }
  /** The given text is no webhook of this product. */
  | { kind: "invalid" }

type WebhookChange = {
  /** The stored webhook as it is shown to admins; `null` where none is stored. */
  masked: string | null
  enabled: boolean
  /** The webhook that the admin sent. An empty text, the masked webhook and the mask of any mean the stored one. */
  given: string
}

export function decideWebhook(product: ChatProduct, { masked, enabled, given }: WebhookChange): WebhookDecision {
  if (!enabled) return { kind: "clear" }
  if (!given || given === maskWebhook(product, undefined)) return masked ? { kind: "keep" } : { kind: "missing" }
  if (given === masked) return { kind: "keep" }
  const webhook = parseWebhook(product, given)
  return webhook ? { kind: "replace", webhook } : { kind: "invalid" }
}
