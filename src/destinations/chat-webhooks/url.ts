import type { ChatProduct } from "../../domain/channels"

type WebhookUrl = {
  /** Group 1 is the address. Group 2, where there is one, is the part of the query that belongs to it. */
  pattern: RegExp
  /** The form in words, for the person who got it wrong. */
  form: string
  /** What the masked webhook starts with. */
  maskPrefix: string
}

/**
 * The URLs that the service calls for an admin, and no others: an admin chooses what is called (SSRF). A thread of
 * Discord is part of the address, since without it the message would go to the channel. `wait` is set by the sender.
 */
const WEBHOOK_URL: Record<ChatProduct, WebhookUrl> = {
  discord: {
    pattern:
      /^(https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/api\/webhooks\/\d+\/[\w-]+)(?:\?(?:wait=\w+|(?:wait=\w+&)?(thread_id=\d+)(?:&wait=\w+)?))?$/,
    form: "https://discord.com/api/webhooks/<id>/<token>, for a thread with ?thread_id=<id>",
    maskPrefix: "https://discord.com/api/webhooks/",
  },
  slack: {
    pattern: /^(https:\/\/hooks\.slack(?:-gov)?\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]+)$/,
    form: "https://hooks.slack.com/services/T…/B…/…",
    maskPrefix: "https://hooks.slack.com/services/",
  },
}

export const webhookForm = (product: ChatProduct) => WEBHOOK_URL[product].form

/**
 * The webhook in this text, with its host in lower case; `undefined` if it is none. The text itself is matched and never
 * parsed as a URL, since a parser might read another host than the one that `fetch` calls.
 */
export function parseWebhook(product: ChatProduct, text: string): string | undefined {
  const webhook = text.replace(/^https:\/\/[a-z.-]+(?=\/)/i, (origin) => origin.toLowerCase())
  const [, address, thread] = WEBHOOK_URL[product].pattern.exec(webhook) ?? []
  return address && thread ? `${address}?${thread}` : address
}

/** The same for a stored text. Dalgo checked none, so that a slash, a query or a fragment at the end is ignored. */
export function parseStoredWebhook(product: ChatProduct, text: string): string | undefined {
  const address = text.replace(/\/?(?:[?#].*)?$/s, "")
  const [, thread] = /^[^#]*[?&](thread_id=\d+)(?:[&#]|$)/.exec(text) ?? []
  return (thread && parseWebhook(product, `${address}?${thread}`)) ?? parseWebhook(product, address)
}

/**
 * A webhook, which is a secret, as it is shown to admins: its last four characters, or none of `undefined`, a webhook
 * that cannot be decrypted. It looks like a URL, since a form field of that type takes nothing else.
 */
export const maskWebhook = (product: ChatProduct, webhook: string | undefined) =>
  `${WEBHOOK_URL[product].maskPrefix}…${webhook?.slice(-4) ?? ""}`
