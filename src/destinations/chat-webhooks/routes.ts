import type { Deps } from "../../deps"
import type { ChatProduct } from "../../domain/channels"
import { orgMember, orgAdmin } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { router } from "../../http/router"
import type { ChosenOrg } from "../../auth/authority"
import type { OrgPreferencesResponse } from "./docs"
import { chatFields, type ChatWebhookChange, chatWebhookChange } from "./schemas"
import { changeChatWebhook, getOrgPreferences } from "./settings"

// The routes of each product are chained, since the typed client knows only chained routes.
export const orgPreferenceRoutes = router()
  // For members too: the web app fills one form from this answer, and a member's own e-mail switch is part of it.
  .get("/", orgMember, async (c) => {
    const res = await getOrgPreferences(c.var.deps, { org: c.var.org })
    return c.json<OrgPreferencesResponse>({ success: true, res })
  })

  .put("/enable-discord-notifications", orgAdmin, jsonBody, body(chatWebhookChange("discord")), async (c) => {
    return c.json(await changeWebhook(c.var, "discord", c.req.valid("json")))
  })

  .put("/enable-slack-notifications", orgAdmin, jsonBody, body(chatWebhookChange("slack")), async (c) => {
    return c.json(await changeWebhook(c.var, "slack", c.req.valid("json")))
  })

async function changeWebhook(
  { deps, org }: { deps: Deps; org: ChosenOrg },
  product: ChatProduct,
  fields: ChatWebhookChange,
): Promise<OrgPreferencesResponse> {
  const { enabled, webhook } = chatFields(product)
  const change = { enabled: fields[enabled], webhook: fields[webhook] }
  return { success: true, res: await changeChatWebhook(deps, { org, product, change }) }
}
