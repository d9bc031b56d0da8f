import * as z from "zod/mini"

const signedFields = {
  MessageId: z.string().check(z.minLength(1), z.maxLength(100)),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string(),
  SigningCertURL: z.string(),
}
const confirmationFields = { Token: z.string(), SubscribeURL: z.string() }

/** A message that Amazon SNS posts: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export const SnsMessage = z.discriminatedUnion("Type", [
  z.object({ Type: z.literal("Notification"), Subject: z.optional(z.nullable(z.string())), ...signedFields }),
  z.object({ Type: z.literal("SubscriptionConfirmation"), ...signedFields, ...confirmationFields }),
  z.object({ Type: z.literal("UnsubscribeConfirmation"), ...signedFields, ...confirmationFields }),
])
export type SnsMessage = z.infer<typeof SnsMessage>

/** The text that is signed: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
export function signedText(message: SnsMessage): string {
  const { Message, MessageId, Timestamp, TopicArn, Type } = message
  const pairs =
    message.Type === "Notification"
      ? { Message, MessageId, Subject: message.Subject, Timestamp, TopicArn, Type }
      : { Message, MessageId, SubscribeURL: message.SubscribeURL, Timestamp, Token: message.Token, TopicArn, Type }
  return Object.entries(pairs)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join("")
}

/** The host of SNS in the region of a topic (`arn:aws:sns:ap-south-1:123456789012:dalgo-mail`). */
export function snsHost(topicArn: string): string | undefined {
  const [, partition, region] = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]+):\d{12}:[\w.-]+$/.exec(topicArn) ?? []
  return region && `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`
}

/**
 * The URL, if it is one of https at this host and written in its normal form. Another scheme, port, user or spelling of
 * the host gives `undefined`, since another parser may read it differently.
 */
export function parseSnsUrl(host: string, text: string): URL | undefined {
  const url = URL.parse(text)
  return url && text.startsWith(`https://${host}/`) && url.href === text ? url : undefined
}
