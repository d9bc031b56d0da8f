import { every } from "hono/combine"
import { createMiddleware } from "hono/factory"
import { AppError } from "../../../runtime/errors"
import { log } from "../../../runtime/log"
import { rawBody } from "../../../http/validate"
import { demanding, demandOf } from "../../../http/route-meta"
import type { App } from "../../../http/router"
import { confirmAt } from "./client"
import { addressAt, hostOf, type SnsMessage } from "./message"
import { verify } from "./verify"

const isOpen = createMiddleware<App>(async (c, next) => {
  if (c.var.deps.settings.SES_SNS_TOPIC_ARNS.length === 0) {
    throw new AppError("unavailable", "SES_SNS_TOPIC_ARNS is not configured")
  }
  await next()
})

const isSigned = createMiddleware<App>(async (c, next) => {
  const { settings, now } = c.var.deps
  const verified = await verify(await c.req.text(), { topics: settings.SES_SNS_TOPIC_ARNS, now: now() })
  if (verified.kind === "bad") {
    log({ event: "sign_in_refused", request_id: c.var.requestId, source: "sns", reason: verified.reason })
    throw new AppError("unauthenticated", "not a message of Amazon SNS that we know")
  }
  c.set("sns", verified.message)
  await next()
})

/** Lets in what Amazon SNS says of one of our topics: `c.var.sns`. Where none is configured the door is closed. */
export const fromSns = demanding({ ...demandOf(rawBody), door: "signed by Amazon" }, every(isOpen, rawBody, isSigned))

/** Says yes to a subscription, which is what its message asks for. */
export async function confirm({ TopicArn, SubscribeURL }: SnsMessage & { SubscribeURL: string }): Promise<void> {
  const url = addressAt(hostOf(TopicArn) ?? "", SubscribeURL)
  const asks = url && url.searchParams.get("Action") === "ConfirmSubscription"
  if (!asks || url.searchParams.get("TopicArn") !== TopicArn) {
    throw new AppError("unauthenticated", "not a message of Amazon SNS that we know")
  }
  await confirmAt(url)
}
