import { AwsClient } from "aws4fetch"
import { encodeBase64 } from "hono/utils/encode"
import * as z from "zod/mini"
import { DeliveryError, retryAfterMs } from "../../retry"
import type { Email, EmailProvider } from "./provider"

type Options = {
  from: { email: string; name: string }
  region: string
  /** Instead of Amazon's own, by region. */
  endpoint: string | undefined
  accessKeyId: string
  secretAccessKey: string
}

const TIMEOUT_MS = 15_000
const Sent = z.object({ MessageId: z.string() })

/** Answers of status 400 that are no verdict on this mail: the account is paused or its limit reached. */
const PASSING = ["LimitExceededException", "ThrottlingException", "SendingPausedException", "AccountSuspendedException"]

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
    if (!response.ok) throw await refusal(response)
    // The mail is on its way whatever the answer looks like: failing here would send it twice.
    const sent = Sent.safeParse(await response.json().catch(() => undefined))
    return { providerId: sent.data?.MessageId ?? "" }
  }

  private toRequest({ to, subject, text, html, headers }: Email) {
    const utf8 = (Data: string) => ({ Data, Charset: "UTF-8" })
    const { email, name } = this.options.from
    return {
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

/** What SES said no to. Its message may hold an address and is left out. */
async function refusal(response: Response): Promise<DeliveryError> {
  const type = response.headers.get("x-amzn-errortype")?.split(":")[0] ?? ""
  await response.body?.cancel()
  const isPassing = response.status >= 500 || [408, 429].includes(response.status) || PASSING.includes(type)
  return new DeliveryError(`SES answered ${response.status} ${type}`.trim(), {
    permanent: !isPassing,
    retryAfterMs: retryAfterMs(response.headers.get("retry-after"), Date.now()),
  })
}
