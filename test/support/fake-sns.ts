import type { Handler } from "./fake-fetch"

// Amazon SNS, with a key and a certificate made for the test run.

export const TOPIC_ARN = "arn:aws:sns:ap-south-1:123456789012:dalgo-mail"
export const SNS_ORIGIN = "https://sns.ap-south-1.amazonaws.com"
export const CERTIFICATE_URL = `${SNS_ORIGIN}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`

type Bytes = Uint8Array

const RSA = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }

async function newKey() {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey({ ...RSA, hash: "SHA-256" }, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair
  const pkcs8 = (await crypto.subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer
  const sign = async (hash: "SHA-1" | "SHA-256", text: Bytes) => {
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, { ...RSA, hash }, false, ["sign"])
    return new Uint8Array(await crypto.subtle.sign(RSA.name, key, text))
  }
  return { sign, spki: new Uint8Array((await crypto.subtle.exportKey("spki", publicKey)) as ArrayBuffer) }
}

const key = await newKey()
const otherKey = await newKey()

// DER: only what a certificate needs.

const bytes = (...parts: (number[] | Bytes)[]) => new Uint8Array(parts.flatMap((part) => [...part]))

function der(tag: number, ...content: Bytes[]): Bytes {
  const inside = bytes(...content)
  const { length } = inside
  if (length < 0x80) return bytes([tag, length], inside)
  if (length < 0x100) return bytes([tag, 0x81, length], inside)
  return bytes([tag, 0x82, length >> 8, length & 0xff], inside)
}

const sequence = (...content: Bytes[]) => der(0x30, ...content)
const integer = (value: number) => der(0x02, bytes([value]))
const time = (text: string) => der(0x17, new TextEncoder().encode(text))
const sha256WithRsa = sequence(
  der(0x06, bytes([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b])),
  der(0x05, bytes([])),
)
const name = sequence(
  der(0x31, sequence(der(0x06, bytes([0x55, 0x04, 0x03])), der(0x0c, new TextEncoder().encode("sns.amazonaws.com")))),
)

/** A self-signed X.509 certificate of this key. */
export async function certificate({ spki, sign }: typeof key = key, { version = 3 } = {}): Promise<string> {
  const signedPart = sequence(
    ...(version === 3 ? [der(0xa0, integer(2))] : []),
    integer(1),
    sha256WithRsa,
    name,
    sequence(time("260101000000Z"), time("491231235959Z")),
    name,
    spki,
  )
  const signature = der(0x03, bytes([0]), await sign("SHA-256", signedPart))
  const base64 = btoa(String.fromCharCode(...sequence(signedPart, sha256WithRsa, signature)))
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`
}

export const publicKey = key.spki

// Messages of SNS, and its HTTP endpoints.

export type SnsMessage = Record<string, unknown>

const NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
const CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]

/** A message with these fields, signed as SNS signs it; `by` another key if given. */
export async function signMessage(
  fields: SnsMessage = {},
  { by = key }: { by?: typeof key } = {},
): Promise<SnsMessage> {
  const message: SnsMessage = {
    Type: "Notification",
    MessageId: crypto.randomUUID(),
    TopicArn: TOPIC_ARN,
    Message: "hello",
    Timestamp: new Date().toISOString(),
    SignatureVersion: "2",
    SigningCertURL: CERTIFICATE_URL,
    UnsubscribeURL: `${SNS_ORIGIN}/?Action=Unsubscribe`,
    ...fields,
  }
  const names = message.Type === "Notification" ? NOTIFICATION : CONFIRMATION
  const text = names.flatMap((each) => {
    const value = message[each]
    return typeof value === "string"
      ? [
          `${each}
${value}
`,
        ]
      : []
  })
  const hash = message.SignatureVersion === "1" ? "SHA-1" : "SHA-256"
  const signature = await by.sign(hash, new TextEncoder().encode(text.join("")))
  return { ...message, Signature: btoa(String.fromCharCode(...signature)) }
}

export const signMessageWithOtherKey = (fields: SnsMessage = {}) => signMessage(fields, { by: otherKey })

export const SUBSCRIBE_URL = `${SNS_ORIGIN}/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=2336412f37fb687f5d51e6e2425f`
export const subscriptionConfirmation = (fields: SnsMessage = {}) =>
  signMessage({
    Type: "SubscriptionConfirmation",
    Token: "2336412f37fb687f5d51e6e2425f",
    SubscribeURL: SUBSCRIBE_URL,
    ...fields,
  })

/** SNS. Every path without a query returns the certificate; every other URL confirms a subscription. */
export function fakeSns(answers: { certificate?: () => Response; confirmation?: () => Response } = {}): Handler {
  return async ({ url }) => {
    if (!url.startsWith(`${SNS_ORIGIN}/`)) return undefined
    if (url.includes("?")) return answers.confirmation?.() ?? new Response("<ConfirmSubscriptionResponse/>")
    return answers.certificate?.() ?? new Response(await certificate())
  }
}

// Events of SES, as in its documentation: event-publishing-retrieving-sns-examples.

const mailTo = (...destination: string[]) => ({
  timestamp: "2026-11-20T02:40:02.012Z",
  source: "Dalgo <notifications@dalgo.test>",
  sendingAccountId: "123456789012",
  messageId: "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
  destination,
  headersTruncated: false,
  headers: [{ name: "To", value: destination.join(", ") }],
})

export const bounceEvent = (address: string, changes: object = {}) => ({
  eventType: "Bounce",
  bounce: {
    bounceType: "Permanent",
    bounceSubType: "General",
    bouncedRecipients: [
      {
        emailAddress: address,
        action: "failed",
        status: "5.1.1",
        diagnosticCode: "smtp; 550 5.1.1 user unknown",
      },
    ],
    timestamp: "2026-11-20T02:41:02.669Z",
    feedbackId: "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
    reportingMTA: "dsn; mta.acme.test",
    ...changes,
  },
  mail: mailTo(address),
})

export const complaintEvent = (address: string, changes: object = {}) => ({
  eventType: "Complaint",
  complaint: {
    complainedRecipients: [{ emailAddress: address }],
    timestamp: "2026-11-20T02:41:02.669Z",
    feedbackId: "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
    userAgent: "Amazon SES Mailbox Simulator",
    complaintFeedbackType: "abuse",
    ...changes,
  },
  mail: mailTo(address),
})
