import { CATEGORIES, CATEGORY } from "../categories"
import { admins, chosenSlug, ownInbox, signedIn } from "../http/auth"
import { body, jsonBody, query } from "../http/contract"
import { idempotent } from "../http/idempotency"
import { router } from "../http/router"
import { sendingLimit } from "../http/sending-limit"
import { createNotification } from "./create"
import { toCreated } from "./present"
import { mark, markAllRead, readInbox, unreadCount } from "./read"
import { CreateNotification, InboxQuery, MarkRead } from "./schemas"
import { urgentBar } from "./urgent-bar"

export const notificationRoutes = router()
  .post("/", admins, sendingLimit, jsonBody, body(CreateNotification), idempotent, async (c) => {
    const notification = await createNotification(c.var.deps, {
      caller: c.var.caller,
      chosenSlug: chosenSlug(c),
      input: c.req.valid("json"),
      idempotency: c.var.idempotency,
    })
    return c.json({ res: toCreated(notification), errors: [] })
  })

  .get("/v1", ownInbox, query(InboxQuery), async (c) => {
    const { page, limit, read_status: isRead } = c.req.valid("query")
    return c.json(await readInbox(c.var.deps, { me: c.var.me, isRead, page, limit }))
  })

  .put("/v1", ownInbox, jsonBody, body(MarkRead), async (c) => {
    const { notification_ids: ids, read_status: isRead } = c.req.valid("json")
    await mark(c.var.deps, { me: c.var.me, ids, isRead })
    return c.json({ success: true, message: "Notifications updated successfully" })
  })

  .get("/unread_count", ownInbox, async (c) => {
    return c.json({ success: true, res: await unreadCount(c.var.deps, { me: c.var.me }) })
  })

  .put("/mark_all_as_read", ownInbox, async (c) => {
    return c.json({ success: true, updated_count: await markAllRead(c.var.deps, { me: c.var.me }) })
  })

  .get("/categories", signedIn, (c) => {
    const res = CATEGORIES.map((value) => ({
      value,
      label: CATEGORY[value].label,
      description: CATEGORY[value].description,
    }))
    return c.json({ success: true, res })
  })

  .get("/urgent-bar", ownInbox, async (c) => {
    const { items, total } = await urgentBar(c.var.deps, { me: c.var.me })
    return c.json({ success: true, res: items, total })
  })
