import { AwsClient } from "aws4fetch"
import { encodeBase64 } from "hono/utils/encode"
import * as z from "zod/mini"
import { DeliveryError, isTransientStatus, parseRetryAfter } from "../../retry"
import type { Email, EmailProvider } from "./provider"
import { type ProviderErrorKind, providerError } from "./provider-errors"

type Options = {
  from: { email: string; name: string }
  region: string
  /** Instead of Amazon's own, by region. */
  endpoint: string | undefined
  /** Whose events SES publishes. */
  configurationSet?: string | undefined
  accessKeyId: string
  secretAccessKey: string
}

const TIMEOUT_MS = 15_000
const SendEmailResponse = z.object({ MessageId: z.string() })

/**
 * The errors of SendEmail (botocore/data/sesv2/2019-09-27/service-2.json), and what all services of Amazon may answer.
 * An address that SES does not write to is no error: it takes the mail, and tells of a bounce later.
 */
const ERROR_KINDS: Record<string, ProviderErrorKind> = {
  BadRequestException: "rejected",
  MessageRejected: "rejected",
  MailFromDomainNotVerifiedException: "misconfigured",
  NotFoundException: "misconfigured",
  TooManyRequestsException: "rate_limited",
  ThrottlingException: "rate_limited",
  LimitExceededException: "paused",
  AccountSuspendedException: "paused",
  SendingPausedException: "paused",
}
/** What a type leaves open, its message tells. https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html */
const ERROR_KINDS_BY_MESSAGE: [type: RegExp, message: RegExp, ProviderErrorKind][] = [
  [/^(TooManyRequests|Throttling)Exception$/, /daily message quota/i, "quota"],
  [/^MessageRejected$/, /not verified/i, "misconfigured"],
]
const MAX_MESSAGE_LENGTH = 1_000
const ErrorBody = z.object({ message: z.string() })

/** Amazon SES v2, operation SendEmail: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
export class SesEmail implements EmailProvider {
  private readonly client: AwsClient
  private readonly url: string

  constructor(private readonly options: Options) {
    const { region, accessKeyId, secretAccessKey } = options
    // Retries are ours to plan: aws4fetch would wait inside the request.
    this.client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "ses", retries: 0 })
    this.url = `${options.endpoint ?? `https://email.${region}.amazonaws.com`}/v2/email/outbound-emails`
  }

  async send(email: Email): Promise<{ providerId: string }> {
    const signed = await this.client.sign(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(this.toRequest(email)),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const response = await fetch(signed).catch(() => {
      throw new DeliveryError("SES did not answer", { permanent: false })
    })
    if (!response.ok) throw await toDeliveryError(response)
    // The mail is on its way whatever the answer looks like: failing here would send it twice.
    const sent = SendEmailResponse.safeParse(await response.json().catch(() => undefined))
    return { providerId: sent.data?.MessageId ?? "" }
  }

  private toRequest({ to, subject, text, html, headers }: Email) {
    const utf8 = (Data: string) => ({ Data, Charset: "UTF-8" })
    const { from, configurationSet } = this.options
    const { email, name } = from
    return {
      ...(configurationSet && { ConfigurationSetName: configurationSet }),
      FromEmailAddress: `${displayName(name)} <${email}>`,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: {
          Subject: utf8(subject),
          Body: { Text: utf8(text), Html: utf8(html) },
          Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
        },
      },
    }
  }
}

/** SES takes ASCII only: anything else goes as an encoded word (RFC 2047). */
const displayName = (name: string) =>
  /^[ -~]*$/.test(name)
    ? `"${name.replaceAll(/["\\]/g, "")}"`
    : `=?UTF-8?B?${encodeBase64(new TextEncoder().encode(name).buffer)}?=`

/** What SES said no to. Its message may hold an address: it is looked at, and left out. */
async function toDeliveryError(response: Response): Promise<DeliveryError> {
  const { status } = response
  const type = response.headers.get("x-amzn-errortype")?.split(":")[0] ?? ""
  const { data } = ErrorBody.safeParse(await response.json().catch(() => undefined))
  return providerError(errorKindOf({ status, type, message: data?.message.slice(0, MAX_MESSAGE_LENGTH) ?? "" }), {
    message: `SES answered ${status} ${type}`.trim(),
    retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), Date.now()),
  })
}

function errorKindOf({ status, type, message }: { status: number; type: string; message: string }): ProviderErrorKind {
  const [, , told] =
    ERROR_KINDS_BY_MESSAGE.find(([types, messages]) => types.test(type) && messages.test(message)) ?? []
  if (told) return told
  const known = Object.hasOwn(ERROR_KINDS, type) ? ERROR_KINDS[type] : undefined
  if (known) return known
  if (status === 429) return "rate_limited"
  // A key that is wrong, or that may not send.
  if (status === 401 || status === 403) return "misconfigured"
  return isTransientStatus(status) ? "transient" : "rejected"
}
