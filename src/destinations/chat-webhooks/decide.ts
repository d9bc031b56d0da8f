import type { ChatProduct } from "../../domain/channels"
import { parseWebhook } from "./url"

/** What is to become of an organisation's webhook. */
export type WebhookDecision =
  | { kind: "replace"; webhook: string }
  | { kind: "keep" }
  | { kind: "clear" }
  /** There is none to be told by. */
  | { kind: "missing" }
  /** It is none of this room's. */
  | { kind: "foreign" }

/**
 * What follows when somebody switches a room on or off with this text for a webhook. No text stands for the one that
 * is stored, and so does what we showed of it; `shown` is `null` where none is stored.
 */
export function decideWebhook(room: ChatProduct, shown: string | null, isOn: boolean, given: string): WebhookDecision {
  if (!isOn) return { kind: "clear" }
  if (!given) return shown ? { kind: "keep" } : { kind: "missing" }
  if (given === shown) return { kind: "keep" }
  const webhook = parseWebhook(room, given)
  return webhook ? { kind: "replace", webhook } : { kind: "foreign" }
}
