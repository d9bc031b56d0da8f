import { oneLine } from "./text"

// One rule for every address that comes in, whatever the door. Its canonical form is stored, compared and sent, so that one
// mailbox has one form: NFC, lower case, and the domain in ASCII (`दिल्ली.भारत` is `xn--j2bya4ch0f.xn--h2brj9c`). That form is
// also shown: letters of two alphabets that look the same cannot pass for each other in a domain.

/** In bytes. */
const MAX_LENGTH = 254
const MAX_LOCAL_BYTES = 64
const MAX_DOMAIN_LENGTH = 253

/** An address as RFC 5321 writes it, without quotes and without an IP address for its domain. */
const ASCII_DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/
const ALL_DIGITS = /(?:^|\.)\d+$/
/**
 * Letters, marks and digits of any alphabet, the joiners between them, emoji, which some registries allow, and the full stops
 * and the hyphen that UTS #46 maps to a dot and to "-".
 */
const ANY_DOMAIN =
  /^(?:[\p{L}\p{M}\p{N}\p{Emoji_Presentation}\p{Extended_Pictographic}\u3002\uFF0E\uFF61\uFF0D.-]|\u200C|\u200D)+$/u
const FORBIDDEN_IN_LOCAL = /[\s@<>()[\],;:\\"]/

export type ParsedAddress = { address: string } | { flaw: string }

/** The canonical form of an address, or what is wrong with it. A name, a second address or a quoted part is none. */
export function parseEmailAddress(text: string): ParsedAddress {
  const trimmed = text.trim().normalize("NFC")
  const at = trimmed.indexOf("@")
  if (trimmed === "") return { flaw: "it is empty" }
  if (at < 0) return { flaw: "it has no @" }
  if (trimmed.includes("@", at + 1)) return { flaw: "it has more than one @" }
  const local = trimmed.slice(0, at).toLowerCase().normalize("NFC")
  const flaw = localFlaw(local)
  if (flaw) return { flaw }
  const domain = asciiDomain(trimmed.slice(at + 1))
  if (!domain) return { flaw: "what is after the @ is not a domain" }
  const address = `${local}@${domain}`
  return byteLength(address) > MAX_LENGTH ? { flaw: `it is longer than ${MAX_LENGTH} bytes` } : { address }
}

/** The canonical form of an address; `undefined` if the text is not one address and nothing else. */
export function emailAddress(text: string): string | undefined {
  const parsed = parseEmailAddress(text)
  return "address" in parsed ? parsed.address : undefined
}

/** The form in which an address is looked up. A text that is no address finds nobody, unless it was stored as it is. */
export const toLookupAddress = (text: string): string => emailAddress(text) ?? text.trim().toLowerCase()

/**
 * Whether a provider can send to it. Other letters before the @ need SMTPUTF8, which neither Amazon SES nor Cloudflare
 * offers, and there is no ASCII form of them. https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html
 */
export const isDeliverable = (address: string): boolean => /^[!-~]+$/.test(address)

/** The canonical form of an address to which a provider can send; `undefined` for any other text. */
export function deliverableAddress(text: string): string | undefined {
  const address = emailAddress(text)
  return address && isDeliverable(address) ? address : undefined
}

function localFlaw(local: string): string | undefined {
  if (local === "") return "there is nothing before the @"
  if (FORBIDDEN_IN_LOCAL.test(local))
    return "before the @ it has a blank, a bracket or another sign that it cannot have"
  if (oneLine(local) !== local) return "before the @ it has a character that cannot be seen"
  if (/^\.|\.\.|\.$/.test(local)) return "before the @ it has a dot at the beginning or the end, or two in a row"
  if (byteLength(local) > MAX_LOCAL_BYTES) return `before the @ it is longer than ${MAX_LOCAL_BYTES} bytes`
  return undefined
}

const byteLength = (text: string) => new TextEncoder().encode(text).length

/** The domain in ASCII, as UTS #46 maps it. */
function asciiDomain(domain: string): string | undefined {
  const lower = domain.toLowerCase()
  // The parser of URLs maps and checks every label that is not plain.
  const isPlain = ASCII_DOMAIN.test(lower) && !/(?:^|\.)xn--/.test(lower)
  const ascii = isPlain ? lower : ANY_DOMAIN.test(domain) ? URL.parse(`http://${domain}`)?.hostname : undefined
  const isDomain = ascii && ASCII_DOMAIN.test(ascii) && ascii.length <= MAX_DOMAIN_LENGTH && !ALL_DIGITS.test(ascii)
  return isDomain ? ascii : undefined
}
