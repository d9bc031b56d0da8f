import { AppError } from "../../../runtime/errors"
import { parsePublicKey } from "./certificate"

const TIMEOUT_MS = 5_000
const RETRY_SECONDS = 5
/** Amazon has one at a time, and each new one has a new address. */
const MAX_CACHED = 10

const publicKeys = new Map<string, Uint8Array<ArrayBuffer>>()

/**
 * The public key of the certificate there. It is as good as the host that gives it, which is Amazon's by TLS. Throws
 * `unavailable` where there is none to be had: the message may be good, and is sent again.
 */
export async function fetchPublicKey(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const known = publicKeys.get(url.href)
  if (known) return known
  const key = parsePublicKey(await fetchText(url))
  if (!key) throw unavailable()
  if (publicKeys.size >= MAX_CACHED) publicKeys.clear()
  publicKeys.set(url.href, key)
  return key
}

/** Says yes to a subscription. Throws `unavailable`. */
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
