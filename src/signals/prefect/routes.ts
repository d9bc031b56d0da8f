import { largeRawBody } from "../../http/validate"
import { router } from "../../http/router"
import { webhookKey } from "../../http/webhook-key"
import { notUnderstood } from "../events/not-understood"
import { receivePrefectEvent } from "./receive"

export const prefectRoutes = router().post(
  "/",
  webhookKey("X-Notification-Key", "PREFECT_NOTIFICATIONS_WEBHOOK_KEY"),
  largeRawBody,
  async (c) => {
    const result = await receivePrefectEvent(c.var.deps, { body: await c.req.text() })
    if (result === "not_understood") throw notUnderstood()
    return c.json({ status: "ok" })
  },
)
