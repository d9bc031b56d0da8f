import { orgMember, orgAdmin } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { router } from "../../http/router"
import type { OrgPreferencesResponse } from "../../preferences/docs"
import { getOrgPreferences, switchChat } from "./settings"
import { DiscordChange, SlackChange } from "../../preferences/schemas"

export const orgPreferenceRoutes = router()
  // Members too: the web app fills its form, with a member's own switch of e-mail in it, from this answer.
  .get("/", orgMember, async (c) => {
    const res = await getOrgPreferences(c.var.deps, { org: c.var.org })
    return c.json<OrgPreferencesResponse>({ success: true, res })
  })

  .put("/enable-discord-notifications", orgAdmin, jsonBody, body(DiscordChange), async (c) => {
    const { enable_discord_notifications: isOn, discord_webhook: webhook } = c.req.valid("json")
    const res = await switchChat(c.var.deps, { org: c.var.org, room: "discord", change: { isOn, webhook } })
    return c.json<OrgPreferencesResponse>({ success: true, res })
  })

  .put("/enable-slack-notifications", orgAdmin, jsonBody, body(SlackChange), async (c) => {
    const { enable_slack_notifications: isOn, slack_webhook: webhook } = c.req.valid("json")
    const res = await switchChat(c.var.deps, { org: c.var.org, room: "slack", change: { isOn, webhook } })
    return c.json<OrgPreferencesResponse>({ success: true, res })
  })
