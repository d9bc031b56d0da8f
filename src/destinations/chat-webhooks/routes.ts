import type { Context } from "hono"
import type { ChatProduct } from "../../domain/channels"
import { orgMember, orgAdmin } from "../../http/authenticate"
import { forwardedCredentials } from "../../http/forwarded-credentials"
import { body, jsonOrTextBody } from "../../http/validate"
import { type AppEnv, router } from "../../http/router"
import type { OrgPreferencesResponse } from "./docs"
import { chatFields, type ChatWebhookChange, chatWebhookChange } from "./schemas"
import { changeChatWebhook, getOrgPreferences } from "./settings"

// The routes of each product are chained, since the typed client knows only chained routes.
export const orgPreferenceRoutes = router()
  // For members too: the web app fills one form from this answer, and a member's own e-mail switch is part of it.
  .get("/", orgMember, async (c) => {
    const res = await getOrgPreferences(c.var.deps, await requestOf(c))
    return c.json<OrgPreferencesResponse>({ success: true, res })
  })

  .put("/enable-discord-notifications", orgAdmin, jsonOrTextBody, body(chatWebhookChange("discord")), async (c) => {
    return c.json(await changeWebhook(c, "discord", c.req.valid("json")))
  })

  .put("/enable-slack-notifications", orgAdmin, jsonOrTextBody, body(chatWebhookChange("slack")), async (c) => {
    return c.json(await changeWebhook(c, "slack", c.req.valid("json")))
  })

/** A server has no preferences in Dalgo's backend. */
const requestOf = async (c: Context<AppEnv>) => ({
  org: c.var.org,
  credentials: c.var.caller.kind === "person" ? await forwardedCredentials(c, { orgSlug: c.var.org.slug }) : undefined,
})

async function changeWebhook(
  c: Context<AppEnv>,
  product: ChatProduct,
  fields: ChatWebhookChange,
): Promise<OrgPreferencesResponse> {
  const { enabled, webhook } = chatFields(product)
  const change = { enabled: fields[enabled], webhook: fields[webhook] }
  return { success: true, res: await changeChatWebhook(c.var.deps, { ...(await requestOf(c)), product, change }) }
}
