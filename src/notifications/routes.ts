import { CATEGORIES, CATEGORY } from "../domain/categories"
import { anyAdmin, chosenSlug, member, signedIn } from "../http/authenticate"
import { body, conditionalGet, jsonBody, path, query } from "../http/validate"
import { idempotent } from "../http/idempotency"
import { router } from "../http/router"
import { sendRateLimit } from "../http/rate-limit"
import { createNotification } from "./create"
import { listUndelivered } from "./undelivered/list"
import { listHistory } from "./list-history"
import { listInbox } from "../inbox/list"
import {
  toSentNotification,
  toCursorPage,
  toUndeliveredResponse,
  toFilter,
  toHistoryItem,
  toInboxItem,
  toPage,
  toRecipientsResponse,
} from "./responses"
import { markRead, markAllRead, unreadCount } from "../inbox/mark-read"
import { listRecipients } from "./list-recipients"
import { resendDelivery } from "./undelivered/resend"
import {
  CreateNotification,
  DeliveryPath,
  UndeliveredQuery,
  FilteredQuery,
  HistoryQuery,
  InboxQuery,
  MarkRead,
  NotificationPath,
  NotificationIdQuery,
  RecipientsQuery,
} from "./schemas"
import { cancelScheduled } from "./cancel"
import { getTrace } from "../inbox/trace"
import { getUrgentBar } from "../inbox/urgent-bar"

/** What a person does with their own inbox. */
const inbox = router()
  .get("/v1", member, query(InboxQuery), conditionalGet, async (c) => {
    const { page, limit, ...filter } = c.req.valid("query")
    const listed = await listInbox(c.var.deps, { me: c.var.me, filter: toFilter(filter), page, limit })
    return c.json(toPage(listed, { page, limit }, toInboxItem))
  })

  .get("/filtered", member, query(FilteredQuery), conditionalGet, async (c) => {
    const { page, limit, cursor: after, ...filter } = c.req.valid("query")
    const listed = await listInbox(c.var.deps, { me: c.var.me, filter: toFilter(filter), page, limit, after })
    return c.json(toCursorPage(listed, { page, limit }, toInboxItem))
  })

  .put("/v1", member, jsonBody, body(MarkRead), async (c) => {
    const { notification_ids: ids, read_status: isRead } = c.req.valid("json")
    await markRead(c.var.deps, { me: c.var.me, ids, isRead })
    return c.json({ success: true, message: "Notifications updated successfully" })
  })

  .get("/unread_count", member, conditionalGet, async (c) => {
    return c.json({ success: true, res: await unreadCount(c.var.deps, { me: c.var.me }) })
  })

  .put("/mark_all_as_read", member, async (c) => {
    return c.json({ success: true, updated_count: await markAllRead(c.var.deps, { me: c.var.me }) })
  })

  .get("/urgent-bar", member, conditionalGet, async (c) => {
    const { items, total } = await getUrgentBar(c.var.deps, { me: c.var.me })
    return c.json({ success: true, res: items, total })
  })

  .get("/categories", signedIn, conditionalGet, (c) => {
    const res = CATEGORIES.map((value) => ({
      value,
      label: CATEGORY[value].label,
      description: CATEGORY[value].description,
    }))
    return c.json({ success: true, res })
  })

  .get("/:id/trace", member, path(NotificationPath), async (c) => {
    const res = await getTrace(c.var.deps, { me: c.var.me, id: c.req.valid("param").id })
    return c.json({ success: true, res })
  })

/** What admins tell their organisation. */
const sending = router()
  .post("/", anyAdmin, sendRateLimit, jsonBody, body(CreateNotification), idempotent, async (c) => {
    const notification = await createNotification(c.var.deps, {
      caller: c.var.caller,
      chosenSlug: chosenSlug(c),
      input: c.req.valid("json"),
      idempotency: c.var.idempotency,
    })
    return c.json({ res: toSentNotification(notification), errors: [] })
  })

  .delete("/", anyAdmin, query(NotificationIdQuery), async (c) => {
    const { notification_id: id } = c.req.valid("query")
    await cancelScheduled(c.var.deps, { caller: c.var.caller, id })
    return c.json({ success: true, message: `Notification with id: ${id} has been successfully deleted` })
  })

  .get("/history", anyAdmin, query(HistoryQuery), async (c) => {
    const { page, limit, cursor: after, org_slug: orgSlug, ...filter } = c.req.valid("query")
    const request = { caller: c.var.caller, chosenSlug: chosenSlug(c), orgSlug, filter: toFilter(filter) }
    const listed = await listHistory(c.var.deps, { ...request, page, limit, after })
    return c.json(toCursorPage(listed, { page, limit }, toHistoryItem))
  })

  .get("/recipients", anyAdmin, query(RecipientsQuery), async (c) => {
    const { notification_id: id, after } = c.req.valid("query")
    return c.json(toRecipientsResponse(await listRecipients(c.var.deps, { caller: c.var.caller, id, after })))
  })

/** What admins do about what could not be delivered. */
const failed = router()
  .get("/deliveries", anyAdmin, query(UndeliveredQuery), async (c) => {
    const { status: statuses, org_slug: orgSlug, limit, cursor: after } = c.req.valid("query")
    const request = { caller: c.var.caller, chosenSlug: chosenSlug(c), orgSlug, statuses }
    return c.json(toUndeliveredResponse(await listUndelivered(c.var.deps, { ...request, limit, after }), limit))
  })

  .post("/deliveries/:id/resend", anyAdmin, path(DeliveryPath), async (c) => {
    await resendDelivery(c.var.deps, { caller: c.var.caller, key: c.req.valid("param").id })
    return c.json({ success: true, message: "Delivery is being sent again" })
  })

export const notificationRoutes = router().route("/", inbox).route("/", sending).route("/", failed)
