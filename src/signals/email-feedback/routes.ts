import { router } from "../../http/router"
import { confirmSubscription, snsSigned } from "./sns/middleware"
import { notUnderstood } from "../events/not-understood"
import { receiveEmailFeedback } from "./receive"

export const emailFeedbackRoutes = router().post("/", snsSigned, async (c) => {
  const { sns, deps } = c.var
  if (sns.Type === "SubscriptionConfirmation") await confirmSubscription(sns)
  if (sns.Type === "Notification") {
    const isUnderstood = await receiveEmailFeedback(deps, { body: sns.Message, dedupeKey: `sns:${sns.MessageId}` })
    if (!isUnderstood) throw notUnderstood()
  }
  return c.json({ status: "ok" })
})
