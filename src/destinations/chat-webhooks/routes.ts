import { anyOrg, ownOrg } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { router } from "../../http/router"
import type { OrgPreferencesAnswer } from "../../preferences/docs"
import { orgPreferencesOf, switchRoom } from "./settings"
import { DiscordChange, SlackChange } from "../../preferences/schemas"

export const orgPreferenceRoutes = router()
  // Members too: the web app fills its form, with a member's own switch of e-mail in it, from this answer.
  .get("/", anyOrg, async (c) => {
    const res = await orgPreferencesOf(c.var.deps, { org: c.var.org })
    return c.json<OrgPreferencesAnswer>({ success: true, res })
  })

  .put("/enable-discord-notifications", ownOrg, jsonBody, body(DiscordChange), async (c) => {
    const { enable_discord_notifications: isOn, discord_webhook: webhook } = c.req.valid("json")
    const res = await switchRoom(c.var.deps, { org: c.var.org, room: "discord", change: { isOn, webhook } })
    return c.json<OrgPreferencesAnswer>({ success: true, res })
  })

  .put("/enable-slack-notifications", ownOrg, jsonBody, body(SlackChange), async (c) => {
    const { enable_slack_notifications: isOn, slack_webhook: webhook } = c.req.valid("json")
    const res = await switchRoom(c.var.deps, { org: c.var.org, room: "slack", change: { isOn, webhook } })
    return c.json<OrgPreferencesAnswer>({ success: true, res })
  })
