import { decodeBase64 } from "hono/utils/encode"
import { publicKeyAt } from "./client"
import { addressAt, hostOf, signedText, SnsMessage } from "./message"

const MINUTE_MS = 60_000
/** SNS tries for an hour at most. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
const OLDEST_MS = 65 * MINUTE_MS
const MOST_AHEAD_MS = 5 * MINUTE_MS

/** As Amazon names them; nothing after it, not even an empty query. */
const CERTIFICATE = /^https:\/\/[^/]+\/SimpleNotificationService-[\w-]+\.pem$/

const HASH = { "1": "SHA-1", "2": "SHA-256" }

export type Verified = { kind: "good"; message: SnsMessage } | { kind: "bad"; reason: string }

/**
 * Whether Amazon sent this, from one of these topics, and lately. Nothing is fetched for what names another topic.
 * Throws `unavailable` where the certificate is not to be had.
 */
export async function verify(body: string, { topics, now }: { topics: string[]; now: number }): Promise<Verified> {
  const { data: message } = SnsMessage.safeParse(jsonIn(body))
  if (!message) return bad("no_message")
  if (!topics.includes(message.TopicArn)) return bad("other_topic")
  const age = now - Date.parse(message.Timestamp)
  if (!(age <= OLDEST_MS && age >= -MOST_AHEAD_MS)) return bad("other_time")
  const url = addressAt(hostOf(message.TopicArn) ?? "", message.SigningCertURL)
  if (!url || !CERTIFICATE.test(url.href)) return bad("other_certificate")
  return (await isSigned(message, await publicKeyAt(url))) ? { kind: "good", message } : bad("wrong_signature")
}

const bad = (reason: string) => ({ kind: "bad" as const, reason })

async function isSigned(message: SnsMessage, publicKey: Uint8Array<ArrayBuffer>): Promise<boolean> {
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

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
