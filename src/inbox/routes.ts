import { CATEGORIES, CATEGORY } from "../domain/categories"
import { member, signedIn } from "../http/authenticate"
import { searchRateLimit } from "../http/rate-limit"
import { router } from "../http/router"
import { body, conditionalGet, jsonOrTextBody, path, query } from "../http/validate"
import { listInbox } from "./list"
import { countUnread, markAllRead, markRead } from "./mark-read"
import { toCursorPage, toFilter, toInboxItem, toPage } from "./responses"
import { FilteredQuery, InboxQuery, MarkRead, NotificationPath } from "./schemas"
import { getTrace } from "./trace"
import { getUrgentBar } from "./urgent-bar"

export const inboxRoutes = router()
  .get("/v1", member, searchRateLimit, query(InboxQuery), conditionalGet, async (c) => {
    const { page, limit, ...filter } = c.req.valid("query")
    const list = await listInbox(c.var.deps, { me: c.var.me, filter: toFilter(filter), page, limit })
    return c.json(toPage(list, { page, limit }, toInboxItem(c.var.me)))
  })

  .get("/filtered", member, searchRateLimit, query(FilteredQuery), conditionalGet, async (c) => {
    const { page, limit, cursor: after, ...filter } = c.req.valid("query")
    const list = await listInbox(c.var.deps, { me: c.var.me, filter: toFilter(filter), page, limit, after })
    return c.json(toCursorPage(list, { page, limit }, toInboxItem(c.var.me)))
  })

  .put("/v1", member, jsonOrTextBody, body(MarkRead), async (c) => {
    const { notification_ids: ids, read_status: isRead } = c.req.valid("json")
    await markRead(c.var.deps, { me: c.var.me, ids, isRead })
    return c.json({ success: true, message: "Notifications updated successfully" })
  })

  .get("/unread_count", member, conditionalGet, async (c) => {
    return c.json({ success: true, res: await countUnread(c.var.deps, { me: c.var.me }) })
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
