import { ownOrg } from "../http/auth"
import { body, jsonBody } from "../http/contract"
import { router } from "../http/router"
import type { OrgPreferencesAnswer } from "./answers"
import { orgPreferencesOf, switchDiscord } from "./org-preferences"
import { DiscordChange } from "./schemas"

export const orgPreferenceRoutes = router()
  .get("/", ownOrg, async (c) => {
    const res = await orgPreferencesOf(c.var.deps, { orgId: c.var.org.id })
    return c.json<OrgPreferencesAnswer>({ success: true, res })
  })

  .put("/enable-discord-notifications", ownOrg, jsonBody, body(DiscordChange), async (c) => {
    const res = await switchDiscord(c.var.deps, { orgId: c.var.org.id, change: c.req.valid("json") })
    return c.json<OrgPreferencesAnswer>({ success: true, res })
  })
