import { anyAdmin, chosenSlug } from "../http/authenticate"
import { idempotent } from "../http/idempotency"
import { searchRateLimit, sendRateLimit } from "../http/rate-limit"
import { router } from "../http/router"
import { body, jsonBodyBySender, query } from "../http/validate"
import { toCursorPage, toFilter, toHistoryItem } from "../inbox/responses"
import { cancelScheduled } from "./cancel"
import { createNotification } from "./create"
import { listHistory } from "./list-history"
import { listRecipients } from "./list-recipients"
import { toRecipientsResponse, toSentNotification } from "./responses"
import { CreateNotification, HistoryQuery, NotificationIdQuery, RecipientsQuery } from "./schemas"

export const notificationRoutes = router()
  .post("/", anyAdmin, sendRateLimit, jsonBodyBySender, body(CreateNotification), idempotent, async (c) => {
    const { notification, errors } = await createNotification(c.var.deps, {
      caller: c.var.caller,
      chosenSlug: chosenSlug(c),
      input: c.req.valid("json"),
      idempotency: c.var.idempotency,
    })
    return c.json({ res: toSentNotification(notification), errors })
  })

  .delete("/", anyAdmin, query(NotificationIdQuery), async (c) => {
    const { notification_id: id } = c.req.valid("query")
    await cancelScheduled(c.var.deps, { caller: c.var.caller, id })
    return c.json({ success: true, message: `Notification with id: ${id} has been successfully deleted` })
  })

  .get("/history", anyAdmin, searchRateLimit, query(HistoryQuery), async (c) => {
    const { page, limit, cursor: after, org_slug: orgSlug, ...filter } = c.req.valid("query")
    const request = { caller: c.var.caller, chosenSlug: chosenSlug(c), orgSlug, filter: toFilter(filter) }
    const list = await listHistory(c.var.deps, { ...request, page, limit, after })
    return c.json(toCursorPage(list, { page, limit }, toHistoryItem))
  })

  .get("/recipients", anyAdmin, query(RecipientsQuery), async (c) => {
    const { notification_id: id, after } = c.req.valid("query")
    return c.json(toRecipientsResponse(await listRecipients(c.var.deps, { caller: c.var.caller, id, after })))
  })
