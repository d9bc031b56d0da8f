import type { ChatProduct } from "../../domain/channels"

/**
 * Where rooms take messages, and nothing else: whoever holds such an address makes us call it. Discord's may name a
 * thread, without which a message would come to another place. Whether an answer is waited for is ours to say.
 */
const WEBHOOK_PATTERN: Record<ChatProduct, RegExp> = {
  discord:
    /^(https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/api\/webhooks\/\d+\/[\w-]+)(?:\?(?:wait=\w+|(?:wait=\w+&)?(thread_id=\d+)(?:&wait=\w+)?))?$/,
  slack: /^(https:\/\/hooks\.slack(?:-gov)?\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]+)$/,
}

/** The form in words. */
export const WEBHOOK_FORM: Record<ChatProduct, string> = {
  discord: "https://discord.com/api/webhooks/<id>/<token>, for a thread with ?thread_id=<id>",
  slack: "https://hooks.slack.com/services/T…/B…/…",
}

/**
 * The webhook that this text is, with its host in small letters; `undefined` if it is none. The text itself must have
 * the form: no parser has its say, which might read another host than the one that is called.
 */
export function parseWebhook(room: ChatProduct, text: string): string | undefined {
  const webhook = text.replace(/^https:\/\/[a-z.-]+(?=\/)/i, (origin) => origin.toLowerCase())
  const [, address, thread] = WEBHOOK_PATTERN[room].exec(webhook) ?? []
  return address && thread ? `${address}?${thread}` : address
}

/** The same of what Dalgo stored, which looked at no address: what may not stand at its end is left out. */
export function parseStoredWebhook(room: ChatProduct, text: string): string | undefined {
  const address = text.replace(/\/?(?:[?#].*)?$/s, "")
  const [, thread] = /^[^#]*[?&](thread_id=\d+)(?:[&#]|$)/.exec(text) ?? []
  return (thread && parseWebhook(room, `${address}?${thread}`)) ?? parseWebhook(room, address)
}

/**
 * All that anybody is shown of a webhook, which is a secret: its last four characters, if it can be read. It looks
 * like an address, since a form in which it stands takes nothing else.
 */
export const maskWebhook = (room: ChatProduct, webhook: string | undefined) =>
  `${MASK_PREFIX[room]}…${webhook?.slice(-4) ?? ""}`

const MASK_PREFIX: Record<ChatProduct, string> = {
  discord: "https://discord.com/api/webhooks/",
  slack: "https://hooks.slack.com/services/",
}
