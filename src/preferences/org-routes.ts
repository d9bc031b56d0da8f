import { anyOrg, ownOrg } from "../http/auth"
import { body, jsonBody } from "../http/contract"
import { router } from "../http/router"
import type { OrgPreferencesAnswer } from "./answers"
import { orgPreferencesOf, switchDiscord } from "./org-preferences"
import { DiscordChange } from "./schemas"

export const orgPreferenceRoutes = router()
  // Members too: the web app fills its form, with a member's own switch of e-mail in it, from this answer.
  .get("/", anyOrg, async (c) => {
    const res = await orgPreferencesOf(c.var.deps, { org: c.var.org })
    return c.json<OrgPreferencesAnswer>({ success: true, res })
  })

  .put("/enable-discord-notifications", ownOrg, jsonBody, body(DiscordChange), async (c) => {
    const res = await switchDiscord(c.var.deps, { orgId: c.var.org.id, change: c.req.valid("json") })
    return c.json<OrgPreferencesAnswer>({ success: true, res })
  })
