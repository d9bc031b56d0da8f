import { router } from "../../http/router"
import { confirm, fromSns } from "./sns/middleware"
import { notUnderstood } from "../events/not-understood"
import { receiveMailEvent } from "./receive"

export const mailEventRoutes = router().post("/", fromSns, async (c) => {
  const { sns, deps } = c.var
  if (sns.Type === "SubscriptionConfirmation") await confirm(sns)
  if (sns.Type === "Notification") {
    const isUnderstood = await receiveMailEvent(deps, { body: sns.Message, dedupeKey: `sns:${sns.MessageId}` })
    if (!isUnderstood) throw notUnderstood()
  }
  return c.json({ status: "ok" })
})
