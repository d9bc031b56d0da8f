import type { Deps } from "../../deps"
import { CHAT_PRODUCT_NAME, type ChatProduct } from "../../domain/channels"
import { orgAdmin } from "../../http/authenticate"
import { router } from "../../http/router"
import { sendRateLimit } from "../../http/rate-limit"
import type { ChosenOrg } from "../../auth/authority"
import type { TestSendResponse } from "./docs"
import { sendTest } from "./send-test"

// The routes of each product are chained, since the typed client knows only chained routes.
export const testSendRoutes = router()
  .post("/test-discord", orgAdmin, sendRateLimit, async (c) => c.json(await test(c.var, "discord")))
  .post("/test-slack", orgAdmin, sendRateLimit, async (c) => c.json(await test(c.var, "slack")))

async function test({ deps, org }: { deps: Deps; org: ChosenOrg }, product: ChatProduct): Promise<TestSendResponse> {
  await sendTest(deps, { orgId: org.id, product })
  return { success: true, message: `The test is on ${CHAT_PRODUCT_NAME[product]}.` }
}
