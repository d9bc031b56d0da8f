import { decodeBase64 } from "hono/utils/encode"
import { fetchPublicKey } from "./client"
import { parseSnsUrl, snsHost, signedText, SnsMessage } from "./message"

const MINUTE_MS = 60_000
/** SNS tries for an hour at most. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
const MAX_AGE_MS = 65 * MINUTE_MS
const MAX_CLOCK_SKEW_MS = 5 * MINUTE_MS

/** As Amazon names them; nothing after it, not even an empty query. */
const CERTIFICATE = /^https:\/\/[^/]+\/SimpleNotificationService-[\w-]+\.pem$/

const HASH = { "1": "SHA-1", "2": "SHA-256" }

export type Verified = { kind: "good"; message: SnsMessage } | { kind: "bad"; reason: string }

/**
 * Whether Amazon sent this, from one of these topics, and lately. Nothing is fetched for what names another topic.
 * Throws `unavailable` where the certificate is not to be had.
 */
export async function verifySnsMessage(
  body: string,
  { topics, now }: { topics: string[]; now: number },
): Promise<Verified> {
  const { data: message } = SnsMessage.safeParse(parseJson(body))
  if (!message) return invalid("no_message")
  if (!topics.includes(message.TopicArn)) return invalid("other_topic")
  const age = now - Date.parse(message.Timestamp)
  if (!(age <= MAX_AGE_MS && age >= -MAX_CLOCK_SKEW_MS)) return invalid("other_time")
  const url = parseSnsUrl(snsHost(message.TopicArn) ?? "", message.SigningCertURL)
  if (!url || !CERTIFICATE.test(url.href)) return invalid("other_certificate")
  return (await hasValidSignature(message, await fetchPublicKey(url)))
    ? { kind: "good", message }
    : invalid("wrong_signature")
}

const invalid = (reason: string) => ({ kind: "bad" as const, reason })

async function hasValidSignature(message: SnsMessage, publicKey: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: HASH[message.SignatureVersion] }
  try {
    const key = await crypto.subtle.importKey("spki", publicKey, algorithm, false, ["verify"])
    const text = new TextEncoder().encode(signedText(message))
    return await crypto.subtle.verify(algorithm, key, decodeBase64(message.Signature), text)
  } catch {
    // A key of another kind, or a signature that is no base64.
    return false
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
