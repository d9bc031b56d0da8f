import { CHAT_PRODUCTS } from "../../domain/channels"
import { orgMember, orgAdmin } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { router } from "../../http/router"
import type { OrgPreferencesResponse } from "./docs"
import { chatFields, chatWebhookChange } from "./schemas"
import { changeChatWebhook, getOrgPreferences } from "./settings"

// For members too: the web app fills one form from this answer, and a member's own e-mail switch is part of it.
export const orgPreferenceRoutes = router().get("/", orgMember, async (c) => {
  const res = await getOrgPreferences(c.var.deps, { org: c.var.org })
  return c.json<OrgPreferencesResponse>({ success: true, res })
})

for (const product of CHAT_PRODUCTS) {
  const path = `/enable-${product}-notifications`
  orgPreferenceRoutes.put(path, orgAdmin, jsonBody, body(chatWebhookChange(product)), async (c) => {
    const fields = c.req.valid("json")
    const { enabled, webhook } = chatFields(product)
    const change = { enabled: fields[enabled], webhook: fields[webhook] }
    const res = await changeChatWebhook(c.var.deps, { org: c.var.org, product, change })
    return c.json<OrgPreferencesResponse>({ success: true, res })
  })
}
