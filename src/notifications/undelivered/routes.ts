import { anyAdmin, chosenSlug } from "../../http/authenticate"
import { sendRateLimit } from "../../http/rate-limit"
import { router } from "../../http/router"
import { path, query } from "../../http/validate"
import { listUndelivered } from "./list"
import { resendDelivery } from "./resend"
import { toUndeliveredResponse } from "./responses"
import { DeliveryPath, UndeliveredQuery } from "./schemas"

export const undeliveredRoutes = router()
  .get("/", anyAdmin, query(UndeliveredQuery), async (c) => {
    const { status: statuses, org_slug: orgSlug, limit, cursor: after } = c.req.valid("query")
    const request = { caller: c.var.caller, chosenSlug: chosenSlug(c), orgSlug, statuses }
    return c.json(toUndeliveredResponse(await listUndelivered(c.var.deps, { ...request, limit, after }), limit))
  })

  .post("/:id/resend", anyAdmin, sendRateLimit, path(DeliveryPath), async (c) => {
    await resendDelivery(c.var.deps, { caller: c.var.caller, key: c.req.valid("param").id })
    return c.json({ success: true, message: "Delivery is being sent again" })
  })
