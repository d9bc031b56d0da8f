import { AppError } from "../../../runtime/errors"
import { parsePublicKey } from "./certificate"

const TIMEOUT_MS = 5_000
const RETRY_SECONDS = 5
/** Amazon uses one certificate at a time, and each new one has a new URL. */
const MAX_CACHED = 10

const publicKeys = new Map<string, Uint8Array<ArrayBuffer>>()

/**
 * Fetches the public key of the certificate at this URL, which must be Amazon's: TLS proves the host, so that the chain
 * of the certificate is not checked. Throws `unavailable` if there is no key, so that SNS sends the message again.
 */
export async function fetchPublicKey(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const cached = publicKeys.get(url.href)
  if (cached) return cached
  const key = parsePublicKey(await fetchText(url))
  if (!key) throw unavailable()
  if (publicKeys.size >= MAX_CACHED) publicKeys.clear()
  publicKeys.set(url.href, key)
  return key
}

/** Confirms a subscription. Throws `unavailable`. */
export const fetchConfirmation = async (url: URL): Promise<void> => void (await fetchText(url))

async function fetchText(url: URL): Promise<string> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (response.ok) return await response.text()
    await response.body?.cancel()
  } catch {
    throw unavailable()
  }
  throw unavailable()
}

const unavailable = () =>
  new AppError("unavailable", "Amazon SNS cannot be reached right now", { retryAfterSeconds: RETRY_SECONDS })
