import { decodeBase64 } from "hono/utils/encode"

/** An element of DER. The element starts at `start`, its content at `from`; both end before `to`. */
type Element = { tag: number; start: number; from: number; to: number }

/** The tag of the version, which a certificate of version 1 leaves out. */
const VERSION_TAG = 0xa0
/** The index of the key after version, serial number, algorithm, issuer, validity and subject. */
const PUBLIC_KEY_INDEX = 6

/**
 * The public key of an X.509 certificate in PEM, as the SubjectPublicKeyInfo that WebCrypto imports; `undefined` if
 * there is none. https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function parsePublicKey(pem: string): Uint8Array<ArrayBuffer> | undefined {
  const der = decodePem(pem)
  const [certificate] = parseElements(der)
  const [tbsCertificate] = parseElements(der, certificate)
  const fields = parseElements(der, tbsCertificate)
  const key = fields[fields[0]?.tag === VERSION_TAG ? PUBLIC_KEY_INDEX : PUBLIC_KEY_INDEX - 1]
  return certificate && tbsCertificate && key && der.slice(key.start, key.to)
}

function decodePem(pem: string): Uint8Array<ArrayBuffer> {
  const [, base64 = ""] = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----/.exec(pem) ?? []
  try {
    return decodeBase64(base64.replaceAll(/\s/g, ""))
  } catch {
    return new Uint8Array()
  }
}

/** The elements in the content of another, up to the first that is cut off. */
function parseElements(der: Uint8Array, within: { from: number; to: number } = { from: 0, to: der.length }): Element[] {
  const elements: Element[] = []
  for (let start = within.from; start < within.to; ) {
    const { from, length } = parseLength(der, start + 1)
    const to = from + length
    if (!(to <= within.to)) return elements
    elements.push({ tag: der[start] ?? 0, start, from, to })
    start = to
  }
  return elements
}

/** A length up to 127 takes one byte. For a longer one, the first byte is the number of bytes that follow. */
function parseLength(der: Uint8Array, at: number): { from: number; length: number } {
  const first = der[at] ?? Number.NaN
  if (!(first > 0x7f)) return { from: at + 1, length: first }
  const from = at + 1 + (first & 0x7f)
  return { from, length: der.slice(at + 1, from).reduce((sum, byte) => sum * 256 + byte, 0) }
}
