const WEBHOOK = /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/api\/webhooks\/\d+\/[\w-]+$/

/** What is to become of an organisation's webhook. */
export type Decided =
  | { kind: "replace"; webhook: string }
  | { kind: "keep" }
  | { kind: "clear" }
  /** There is none to be told by. */
  | { kind: "missing" }
  /** It is none of Discord's. */
  | { kind: "foreign" }

/**
 * What follows when somebody switches Discord on or off with this text for a webhook. No text stands for the one that
 * is stored, and so does what we showed of it.
 */
export function decideWebhook(stored: string | null, isOn: boolean, given: string): Decided {
  if (!isOn) return { kind: "clear" }
  if (!given) return stored ? { kind: "keep" } : { kind: "missing" }
  if (stored && given === masked(stored)) return { kind: "keep" }
  const webhook = URL.canParse(given) ? new URL(given).href : given
  return WEBHOOK.test(webhook) ? { kind: "replace", webhook } : { kind: "foreign" }
}

/**
 * All that anybody is shown of a webhook, which is a secret: its last four characters. It looks like an address,
 * since a form in which it stands takes nothing else.
 */
export const masked = (webhook: string) => `https://discord.com/api/webhooks/…${webhook.slice(-4)}`
