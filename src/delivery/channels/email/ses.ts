import { AwsClient } from "aws4fetch"
import * as z from "zod/mini"
import { firstCharacters } from "../../../domain/text"
import { isTransientStatus, parseRetryAfter } from "../../../runtime/http-retry"
import { DeliveryError } from "../../retry"
import { encodedWords } from "./encoded-words"
import type { Email, EmailProvider } from "./provider"
import { type ProviderErrorKind, providerError } from "./provider-errors"

type Options = {
  from: { email: string; name: string }
  region: string
  /** Replaces the endpoint of the region. */
  endpoint: string | undefined
  /** SES publishes bounces and complaints of e-mails that name this set. */
  configurationSet?: string | undefined
  accessKeyId: string
  secretAccessKey: string
}

const TIMEOUT_MS = 15_000
const SendEmailResponse = z.object({ MessageId: z.string() })

/**
 * The errors of SendEmail (botocore/data/sesv2/2019-09-27/service-2.json) and those common to all AWS services. A
 * suppressed address is no error: SES accepts the e-mail and publishes a bounce later.
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
/** Types that have several meanings, told apart by the message. https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html */
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
    // No retries by aws4fetch: it would wait inside the request.
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
    // SES has accepted the e-mail, so an unreadable body must not fail: the e-mail would be sent twice.
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

/** SES accepts ASCII only in a sender. It encodes the subject itself. */
const displayName = (name: string) =>
  /^[ -~]*$/.test(name) ? `"${name.replaceAll(/["\\]/g, "")}"` : encodedWords(name)

/** The message of SES may contain an address: it is read, and not kept. */
async function toDeliveryError(response: Response): Promise<DeliveryError> {
  const { status } = response
  const type = /^\w{1,100}/.exec(response.headers.get("x-amzn-errortype") ?? "")?.[0] ?? ""
  const { data } = ErrorBody.safeParse(await response.json().catch(() => undefined))
  return providerError(
    errorKindOf({ status, type, message: firstCharacters(data?.message ?? "", MAX_MESSAGE_LENGTH) }),
    {
      message: `SES answered ${status} ${type}`.trim(),
      retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), Date.now()),
    },
  )
}

function errorKindOf({ status, type, message }: { status: number; type: string; message: string }): ProviderErrorKind {
  const [, , kindByMessage] =
    ERROR_KINDS_BY_MESSAGE.find(([types, messages]) => types.test(type) && messages.test(message)) ?? []
  if (kindByMessage) return kindByMessage
  const kindByType = Object.hasOwn(ERROR_KINDS, type) ? ERROR_KINDS[type] : undefined
  if (kindByType) return kindByType
  if (status === 429) return "rate_limited"
  // The key is wrong or may not send.
  if (status === 401 || status === 403) return "misconfigured"
  return isTransientStatus(status) ? "transient" : "rejected"
}
