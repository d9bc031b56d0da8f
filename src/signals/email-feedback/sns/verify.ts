import { decodeBase64 } from "hono/utils/encode"
import { fetchPublicKey } from "./client"
import { parseSnsUrl, snsHost, signedText, SnsMessage } from "./message"
import { parseJson } from "../../../runtime/zod"

const MINUTE_MS = 60_000
/** SNS retries for an hour at most. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
const MAX_AGE_MS = 65 * MINUTE_MS
const MAX_CLOCK_SKEW_MS = 5 * MINUTE_MS

/** The URL of a certificate of Amazon, with nothing after the path, not even an empty query. */
const CERTIFICATE = /^https:\/\/[^/]+\/SimpleNotificationService-[\w-]+\.pem$/

const HASH = { "1": "SHA-1", "2": "SHA-256" }

export type Verification = { kind: "verified"; message: SnsMessage } | { kind: "rejected"; reason: string }

/**
 * Whether Amazon SNS sent this message, for one of these topics, within the last hour. The certificate is fetched only
 * if everything else is right. Throws `unavailable` if it cannot be fetched.
 */
export async function verifySnsMessage(
  body: string,
  { topics, now }: { topics: string[]; now: number },
): Promise<Verification> {
  const { data: message } = SnsMessage.safeParse(parseJson(body))
  if (!message) return rejected("no_message")
  if (!topics.includes(message.TopicArn)) return rejected("other_topic")
  const age = now - Date.parse(message.Timestamp)
  if (!(age <= MAX_AGE_MS && age >= -MAX_CLOCK_SKEW_MS)) return rejected("other_time")
  const url = parseSnsUrl(snsHost(message.TopicArn) ?? "", message.SigningCertURL)
  if (!url || !CERTIFICATE.test(url.href)) return rejected("other_certificate")
  return (await hasValidSignature(message, await fetchPublicKey(url)))
    ? { kind: "verified", message }
    : rejected("wrong_signature")
}

const rejected = (reason: string) => ({ kind: "rejected" as const, reason })

async function hasValidSignature(message: SnsMessage, publicKey: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: HASH[message.SignatureVersion] }
  try {
    const key = await crypto.subtle.importKey("spki", publicKey, algorithm, false, ["verify"])
    const text = new TextEncoder().encode(signedText(message))
    return await crypto.subtle.verify(algorithm, key, decodeBase64(message.Signature), text)
  } catch {
    // The key is of another algorithm, or the signature is not base64.
    return false
  }
}
