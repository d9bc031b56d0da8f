import { orgAdmin } from "../../http/authenticate"
import { router } from "../../http/router"
import { sendRateLimit } from "../../http/rate-limit"
import type { TestSendResponse } from "./docs"
import { sendTest } from "./send-test"

export const testSendRoutes = router()
  .post("/test-discord", orgAdmin, sendRateLimit, async (c) => {
    await sendTest(c.var.deps, { orgId: c.var.org.id, room: "discord" })
    return c.json<TestSendResponse>({ success: true, message: "The test is on Discord." })
  })

  .post("/test-slack", orgAdmin, sendRateLimit, async (c) => {
    await sendTest(c.var.deps, { orgId: c.var.org.id, room: "slack" })
    return c.json<TestSendResponse>({ success: true, message: "The test is on Slack." })
  })
