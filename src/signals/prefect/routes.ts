import { rawBody } from "../../http/validate"
import { router } from "../../http/router"
import { webhookKey } from "../../http/webhook-key"
import { receivePrefectEvent } from "./receive"

export const prefectRoutes = router().post(
  "/",
  webhookKey("X-Notification-Key", "PREFECT_NOTIFICATIONS_WEBHOOK_KEY"),
  rawBody,
  async (c) => {
    await receivePrefectEvent(c.var.deps, { body: await c.req.text() })
    return c.json({ status: "ok" })
  },
)
