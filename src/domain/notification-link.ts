/** A page of the web app: its address, and the words of the link. */
export type NotificationLink = { url: string; label: string }

/** Chat messages and mails have room for it. */
export const MAX_LINK_LENGTH = 500

/** Parsers drop or turn these: `/\\evil.test` and `/<tab>/evil.test` name another host. */
const UNSAFE = /[\s\\\p{C}]/u
/** A server may decode these, and so leave the folder. */
const ENCODED_SEPARATOR = /%(?:2f|5c)/i

/**
 * The normal form of an address below `base`: a URL of the same origin and below the same path, or a path from the root of
 * the web app. `undefined` for any other address, and for one with a user name.
 */
export function toUrlBelow(base: string, address: string): string | undefined {
  if (UNSAFE.test(address) || address.startsWith("//")) return undefined
  const own = URL.parse(base)
  const url = URL.parse(address.startsWith("/") ? base + address : address)
  if (!own || !url || url.origin !== own.origin || url.username || url.password) return undefined
  if (!["http:", "https:"].includes(url.protocol)) return undefined
  const folder = own.pathname.replace(/\/+$/, "")
  const isBelow = url.pathname === folder || url.pathname.startsWith(`${folder}/`)
  const isPlain = !ENCODED_SEPARATOR.test(url.pathname) && !url.pathname.includes("//")
  return isBelow && isPlain && url.href.length <= MAX_LINK_LENGTH ? url.href : undefined
}

/** A stored link, if it still leads to a page of the web app. */
export function usableLink(
  base: string | undefined,
  link: NotificationLink | null | undefined,
): NotificationLink | undefined {
  const url = base && link && toUrlBelow(base, link.url)
  return url ? { url, label: link.label } : undefined
}
