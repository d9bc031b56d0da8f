import { ownOrg } from "../../http/authenticate"
import { router } from "../../http/router"
import { sendingLimit } from "../../http/rate-limit"
import type { TestSent } from "./docs"
import { sendTest } from "./send-test"

export const testSendRoutes = router()
  .post("/test-discord", ownOrg, sendingLimit, async (c) => {
    await sendTest(c.var.deps, { orgId: c.var.org.id, room: "discord" })
    return c.json<TestSent>({ success: true, message: "The test is on Discord." })
  })

  .post("/test-slack", ownOrg, sendingLimit, async (c) => {
    await sendTest(c.var.deps, { orgId: c.var.org.id, room: "slack" })
    return c.json<TestSent>({ success: true, message: "The test is on Slack." })
  })
