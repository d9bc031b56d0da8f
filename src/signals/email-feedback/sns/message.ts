import * as z from "zod/mini"

const signed = {
  MessageId: z.string().check(z.minLength(1), z.maxLength(100)),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string(),
  SigningCertURL: z.string(),
}
const confirmation = { Token: z.string(), SubscribeURL: z.string() }

/** What Amazon SNS posts: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export const SnsMessage = z.discriminatedUnion("Type", [
  z.object({ Type: z.literal("Notification"), Subject: z.optional(z.nullable(z.string())), ...signed }),
  z.object({ Type: z.literal("SubscriptionConfirmation"), ...signed, ...confirmation }),
  z.object({ Type: z.literal("UnsubscribeConfirmation"), ...signed, ...confirmation }),
])
export type SnsMessage = z.infer<typeof SnsMessage>

/** What of a message is signed: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
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

/** The region's own host, by the topic: `arn:aws:sns:ap-south-1:123456789012:dalgo-mail`. */
export function snsHost(topicArn: string): string | undefined {
  const [, partition, region] = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]+):\d{12}:[\w.-]+$/.exec(topicArn) ?? []
  return region && `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`
}

/**
 * An address at that host, if it is one as it stands there: no other scheme, port or user, and no notation of the host
 * that somebody else may read in another way.
 */
export function parseSnsUrl(host: string, text: string): URL | undefined {
  const url = URL.parse(text)
  return url && text.startsWith(`https://${host}/`) && url.href === text ? url : undefined
}
