import { ownInbox } from "../http/authenticate"
import { body, jsonBody } from "../http/validate"
import { router } from "../http/router"
import type { PreferencesAnswer } from "./docs"
import { changePreferences, preferencesOf } from "./change"
import { PreferencesChange } from "./schemas"

export const preferenceRoutes = router()
  .get("/", ownInbox, async (c) => {
    return c.json<PreferencesAnswer>({ success: true, res: await preferencesOf(c.var.deps, c.var.me) })
  })

  .put("/", ownInbox, jsonBody, body(PreferencesChange), async (c) => {
    const change = c.req.valid("json")
    const res = await changePreferences(c.var.deps, { ...c.var.me, change })
    return c.json<PreferencesAnswer>({ success: true, res })
  })
