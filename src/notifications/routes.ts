import { CATEGORIES, CATEGORY } from "../domain/categories"
import { admins, chosenSlug, ownInbox, signedIn } from "../http/authenticate"
import { body, conditional, jsonBody, path, query } from "../http/validate"
import { idempotent } from "../http/idempotency"
import { router } from "../http/router"
import { sendingLimit } from "../http/rate-limit"
import { createNotification } from "./create"
import { listFailed } from "./undelivered/list"
import { listHistory } from "./list-history"
import { listInbox } from "../inbox/list"
import {
  toCreated,
  toCursorPage,
  toFailed,
  toFilter,
  toHistoryItem,
  toInboxItem,
  toPage,
  toRecipients,
} from "./responses"
import { mark, markAllRead, unreadCount } from "../inbox/mark-read"
import { recipientsOf } from "./list-recipients"
import { resend } from "./undelivered/resend"
import {
  CreateNotification,
  DeliveryPath,
  FailedQuery,
  FilteredQuery,
  HistoryQuery,
  InboxQuery,
  MarkRead,
  NotificationPath,
  OneNotification,
  RecipientsQuery,
} from "./schemas"
import { takeBack } from "./cancel"
import { traceOf } from "../inbox/trace"
import { urgentBar } from "../inbox/urgent-bar"

/** What a person does with their own inbox. */
const inbox = router()
  .get("/v1", ownInbox, query(InboxQuery), conditional, async (c) => {
    const { page, limit, ...filter } = c.req.valid("query")
    const listed = await listInbox(c.var.deps, { me: c.var.me, filter: toFilter(filter), page, limit })
    return c.json(toPage(listed, { page, limit }, toInboxItem))
  })

  .get("/filtered", ownInbox, query(FilteredQuery), conditional, async (c) => {
    const { page, limit, cursor: after, ...filter } = c.req.valid("query")
    const listed = await listInbox(c.var.deps, { me: c.var.me, filter: toFilter(filter), page, limit, after })
    return c.json(toCursorPage(listed, { page, limit }, toInboxItem))
  })

  .put("/v1", ownInbox, jsonBody, body(MarkRead), async (c) => {
    const { notification_ids: ids, read_status: isRead } = c.req.valid("json")
    await mark(c.var.deps, { me: c.var.me, ids, isRead })
    return c.json({ success: true, message: "Notifications updated successfully" })
  })

  .get("/unread_count", ownInbox, conditional, async (c) => {
    return c.json({ success: true, res: await unreadCount(c.var.deps, { me: c.var.me }) })
  })

  .put("/mark_all_as_read", ownInbox, async (c) => {
    return c.json({ success: true, updated_count: await markAllRead(c.var.deps, { me: c.var.me }) })
  })

  .get("/urgent-bar", ownInbox, conditional, async (c) => {
    const { items, total } = await urgentBar(c.var.deps, { me: c.var.me })
    return c.json({ success: true, res: items, total })
  })

  .get("/categories", signedIn, conditional, (c) => {
    const res = CATEGORIES.map((value) => ({
      value,
      label: CATEGORY[value].label,
      description: CATEGORY[value].description,
    }))
    return c.json({ success: true, res })
  })

  .get("/:id/trace", ownInbox, path(NotificationPath), async (c) => {
    const res = await traceOf(c.var.deps, { me: c.var.me, id: c.req.valid("param").id })
    return c.json({ success: true, res })
  })

/** What admins tell their organisation. */
const sending = router()
  .post("/", admins, sendingLimit, jsonBody, body(CreateNotification), idempotent, async (c) => {
    const notification = await createNotification(c.var.deps, {
      caller: c.var.caller,
      chosenSlug: chosenSlug(c),
      input: c.req.valid("json"),
      idempotency: c.var.idempotency,
    })
    return c.json({ res: toCreated(notification), errors: [] })
  })

  .delete("/", admins, query(OneNotification), async (c) => {
    const { notification_id: id } = c.req.valid("query")
    await takeBack(c.var.deps, { caller: c.var.caller, id })
    return c.json({ success: true, message: `Notification with id: ${id} has been successfully deleted` })
  })

  .get("/history", admins, query(HistoryQuery), async (c) => {
    const { page, limit, cursor: after, org_slug: orgSlug, ...filter } = c.req.valid("query")
    const request = { caller: c.var.caller, chosenSlug: chosenSlug(c), orgSlug, filter: toFilter(filter) }
    const listed = await listHistory(c.var.deps, { ...request, page, limit, after })
    return c.json(toCursorPage(listed, { page, limit }, toHistoryItem))
  })

  .get("/recipients", admins, query(RecipientsQuery), async (c) => {
    const { notification_id: id, after } = c.req.valid("query")
    return c.json(toRecipients(await recipientsOf(c.var.deps, { caller: c.var.caller, id, after })))
  })

/** What admins do about what could not be delivered. */
const failed = router()
  .get("/deliveries", admins, query(FailedQuery), async (c) => {
    const { status: statuses, org_slug: orgSlug, limit, cursor: after } = c.req.valid("query")
    const request = { caller: c.var.caller, chosenSlug: chosenSlug(c), orgSlug, statuses }
    return c.json(toFailed(await listFailed(c.var.deps, { ...request, limit, after }), limit))
  })

  .post("/deliveries/:id/resend", admins, path(DeliveryPath), async (c) => {
    await resend(c.var.deps, { caller: c.var.caller, key: c.req.valid("param").id })
    return c.json({ success: true, message: "Delivery is being sent again" })
  })

export const notificationRoutes = router().route("/", inbox).route("/", sending).route("/", failed)
