import { every } from "hono/combine"
import { createMiddleware } from "hono/factory"
import type { MiddlewareHandler } from "hono"
import { AppError } from "../../../runtime/errors"
import { log } from "../../../runtime/log"
import { requestIds } from "../../../http/request-id"
import { rawBody } from "../../../http/validate"
import { withMeta, metaOf } from "../../../http/route-meta"
import type { AppEnv } from "../../../http/router"
import { fetchConfirmation } from "./client"
import { parseSnsUrl, snsHost, type SnsMessage } from "./message"
import { verifySnsMessage } from "./verify"

const requireTopics = createMiddleware<AppEnv>(async (c, next) => {
  if (c.var.deps.config.SES_SNS_TOPIC_ARNS.length === 0) {
    throw new AppError("unavailable", "SES_SNS_TOPIC_ARNS is not configured")
  }
  await next()
})

/** `snsSigned` sets these variables for its handler. */
type SnsEnv = { Bindings: Env; Variables: AppEnv["Variables"] & { sns: SnsMessage } }

const requireSignature = createMiddleware<SnsEnv>(async (c, next) => {
  const { config, now } = c.var.deps
  const verification = await verifySnsMessage(await c.req.text(), { topics: config.SES_SNS_TOPIC_ARNS, now: now() })
  if (verification.kind === "rejected") {
    log({ event: "sns_message_rejected", ...requestIds(c), reason: verification.reason })
    throw new AppError("unauthenticated", "not a message of Amazon SNS that we know")
  }
  c.set("sns", verification.message)
  await next()
})

/** Accepts messages of the configured topics that Amazon SNS signed, as `c.var.sns`. 503 without a configured topic. */
export const snsSigned: MiddlewareHandler<SnsEnv> = withMeta(
  { ...metaOf(rawBody), access: "sns signature" },
  every(requireTopics, rawBody, requireSignature),
)

/** Confirms a subscription at the URL in its message, if that URL does nothing else. */
export async function confirmSubscription({
  TopicArn,
  SubscribeURL,
}: SnsMessage & { SubscribeURL: string }): Promise<void> {
  const url = parseSnsUrl(snsHost(TopicArn) ?? "", SubscribeURL)
  const isConfirmation = url?.searchParams.get("Action") === "ConfirmSubscription"
  if (!isConfirmation || url.searchParams.get("TopicArn") !== TopicArn) {
    throw new AppError("unauthenticated", "not a message of Amazon SNS that we know")
  }
  await fetchConfirmation(url)
}
