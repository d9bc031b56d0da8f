import { ownInbox } from "../http/auth"
import { body, jsonBody } from "../http/contract"
import { router } from "../http/router"
import type { UserPreferencesAnswer } from "./answers"
import { UserPreferencesChange } from "./schemas"
import { changeUserPreferences, userPreferencesOf } from "./user-preferences"

export const userPreferenceRoutes = router()
  .get("/", ownInbox, async (c) => {
    return c.json<UserPreferencesAnswer>({ success: true, res: await userPreferencesOf(c.var.deps, c.var.me) })
  })

  .put("/", ownInbox, jsonBody, body(UserPreferencesChange), async (c) => {
    const change = c.req.valid("json")
    const res = await changeUserPreferences(c.var.deps, { ...c.var.me, change })
    return c.json<UserPreferencesAnswer>({ success: true, res })
  })
