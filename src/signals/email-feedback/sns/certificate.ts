import { decodeBase64 } from "hono/utils/encode"

/** One element of DER: its tag, where it begins, and where its content does. */
type Element = { tag: number; start: number; from: number; to: number }

/** The version of a certificate, which need not be there. */
const VERSION = 0xa0
/** Of what is signed, where there is a version: serial number, algorithm, issuer, validity and subject go before it. */
const PUBLIC_KEY = 6

/**
 * The public key (SubjectPublicKeyInfo) of an X.509 certificate in PEM, which is what WebCrypto takes; `undefined` if
 * there is none. https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function parsePublicKey(pem: string): Uint8Array<ArrayBuffer> | undefined {
  const der = decodePem(pem)
  const [certificate] = parseElements(der)
  const [signed] = parseElements(der, certificate)
  const parts = parseElements(der, signed)
  const key = parts[parts[0]?.tag === VERSION ? PUBLIC_KEY : PUBLIC_KEY - 1]
  return certificate && signed && key && der.slice(key.start, key.to)
}

function decodePem(pem: string): Uint8Array<ArrayBuffer> {
  const [, base64 = ""] = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----/.exec(pem) ?? []
  try {
    return decodeBase64(base64.replaceAll(/\s/g, ""))
  } catch {
    return new Uint8Array()
  }
}

/** The elements side by side in the content of another; up to where one is cut off. */
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

/** Up to 127 in one byte; else that byte says how many bytes it takes. */
function parseLength(der: Uint8Array, at: number): { from: number; length: number } {
  const first = der[at] ?? Number.NaN
  if (!(first > 0x7f)) return { from: at + 1, length: first }
  const from = at + 1 + (first & 0x7f)
  return { from, length: der.slice(at + 1, from).reduce((sum, byte) => sum * 256 + byte, 0) }
}
