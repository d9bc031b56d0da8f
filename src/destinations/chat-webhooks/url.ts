import type { ChatProduct } from "../../domain/channels"

type WebhookUrl = {
  /** Group 1 is the address. Group 2, where there is one, is the part of the query that belongs to it. */
  pattern: RegExp
  /** The form in words, for the person who got it wrong. */
  form: string
  /** The text before the last four characters of a masked webhook. */
  maskPrefix: string
}

/**
 * The only URLs that the service calls. They are restricted because an admin chooses the URL (SSRF). A thread of
 * Discord is part of the address, since without it the message would go to the channel. `wait` is set by the sender.
 */
const WEBHOOK_URL: Record<ChatProduct, WebhookUrl> = {
  discord: {
    pattern:
      /^(https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/api\/webhooks\/\d+\/[\w-]+)\/?(?:\?(?:wait=\w+|(?:wait=\w+&)?(thread_id=\d+)(?:&wait=\w+)?))?$/,
    form: "https://discord.com/api/webhooks/<id>/<token>, for a thread with ?thread_id=<id>",
    maskPrefix: "https://discord.com/api/webhooks/",
  },
  slack: {
    pattern: /^(https:\/\/hooks\.slack(?:-gov)?\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]+)\/?$/,
    form: "https://hooks.slack.com/services/T…/B…/…",
    maskPrefix: "https://hooks.slack.com/services/",
  },
}

/** Without it, the URL means the current version. */
const VERSION_OF_DISCORDS_API = /(?<=^https:\/\/[a-z.]+\/api)\/v\d{1,2}(?=\/webhooks\/)/

export const webhookForm = (product: ChatProduct) => WEBHOOK_URL[product].form

/**
 * The webhook in this text, with its host in lower case, without a final slash and a version of the API; `undefined` if it is none. The text itself is matched and never
 * parsed as a URL, since a parser might read another host than the one that `fetch` calls.
 */
export function parseWebhook(product: ChatProduct, text: string): string | undefined {
  const webhook = text
    .replace(/^https:\/\/[a-z.-]+(?=\/)/i, (origin) => origin.toLowerCase())
    .replace(VERSION_OF_DISCORDS_API, "")
  const [, address, thread] = WEBHOOK_URL[product].pattern.exec(webhook) ?? []
  return address && thread ? `${address}?${thread}` : address
}

/** `parseWebhook` for a stored text. Ignores a final slash, query or fragment, since Dalgo did not validate webhooks. */
export function parseStoredWebhook(product: ChatProduct, text: string): string | undefined {
  const address = text.replace(/\/?(?:[?#].*)?$/s, "")
  const [, thread] = /^[^#]*[?&](thread_id=\d+)(?:[&#]|$)/.exec(text) ?? []
  return (thread && parseWebhook(product, `${address}?${thread}`)) ?? parseWebhook(product, address)
}

/**
 * Masks a webhook, which is a secret, for admins: it shows the last four characters, or none for `undefined`, a webhook
 * that cannot be decrypted. The result has the form of a URL, since `<input type="url">` accepts nothing else.
 */
export const maskWebhook = (product: ChatProduct, webhook: string | undefined) =>
  `${WEBHOOK_URL[product].maskPrefix}…${webhook?.slice(-4) ?? ""}`
