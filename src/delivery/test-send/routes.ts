import { CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import { orgAdmin } from "../../http/authenticate"
import { router } from "../../http/router"
import { sendRateLimit } from "../../http/rate-limit"
import type { TestSendResponse } from "./docs"
import { sendTest } from "./send-test"

export const testSendRoutes = router()

for (const product of CHAT_PRODUCTS) {
  testSendRoutes.post(`/test-${product}`, orgAdmin, sendRateLimit, async (c) => {
    await sendTest(c.var.deps, { orgId: c.var.org.id, product })
    return c.json<TestSendResponse>({ success: true, message: `The test is on ${CHAT_PRODUCT_NAME[product]}.` })
  })
}
