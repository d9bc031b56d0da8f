import { commitAndRead } from "../db/client"
import type { Deps } from "../deps"
import { AppError, notFound } from "../errors"
import type { ChosenOrg } from "../orgs/administer"
import type { OrgPreferences } from "./answers"
import { type Decided, decideWebhook, masked } from "./discord-webhook"
import * as queries from "./queries"
import type { DiscordChange } from "./schemas"

/** How this organisation wants to be told. Who does not run it sees nothing of its webhook. */
export async function orgPreferencesOf(deps: Deps, { org }: { org: ChosenOrg }): Promise<OrgPreferences> {
  const whole = toOrgPreferences(theOnly(await queries.orgPreferencesOf(deps.db, { orgId: org.id })))
  return org.isRun ? whole : { ...whole, discord_webhook: null }
}

/**
 * Switches Discord on or off, and answers the whole.
 * 1. Decides by what is stored.
 * 2. Commits that, and reads what is then there. Who switched it off in between has taken the webhook away with it.
 */
export async function switchDiscord(
  deps: Deps,
  { orgId, change }: { orgId: number; change: DiscordChange },
): Promise<OrgPreferences> {
  const stored = theOnly(await queries.orgPreferencesOf(deps.db, { orgId }))
  const { enable_discord_notifications: isOn, discord_webhook: given } = change
  if (isOn === undefined) return toOrgPreferences(stored)

  const writes = writesFor(deps, { orgId, decided: decideWebhook(stored.discordWebhook, isOn, given ?? "") })
  const now = theOnly(await commitAndRead(deps.db, writes, queries.orgPreferencesOf(deps.db, { orgId })))
  if (isOn && !now.enableDiscordNotifications) throw missing()
  return toOrgPreferences(now)
}

function writesFor(deps: Deps, { orgId, decided }: { orgId: number; decided: Decided }) {
  const now = deps.now()
  switch (decided.kind) {
    case "replace":
      return [queries.setDiscord(deps.db, { orgId, webhook: decided.webhook, now })]
    case "clear":
      return [queries.setDiscord(deps.db, { orgId, webhook: null, now })]
    case "keep":
      return [queries.enableDiscord(deps.db, { orgId, now })]
    case "missing":
      throw missing()
    case "foreign":
      throw foreign()
  }
}

const missing = () => new AppError("rejected", "Discord webhook is required to enable notifications.")

const foreign = () => {
  const msg = "must be https://discord.com/api/webhooks/<id>/<token>"
  const flaw = { loc: ["body", "discord_webhook"], msg, type: "invalid_format" }
  return new AppError("invalid", "the input does not fit", { flaws: [flaw] })
}

type Row = Awaited<ReturnType<typeof queries.orgPreferencesOf>>[number]

function theOnly([row]: Row[]): Row {
  if (!row) throw notFound("organisation")
  return row
}

const toOrgPreferences = (row: Row): OrgPreferences => ({
  org: { name: row.name, slug: row.slug },
  llm_optin: row.llmOptin ?? false,
  enable_discord_notifications: row.enableDiscordNotifications ?? false,
  discord_webhook: row.discordWebhook ? masked(row.discordWebhook) : null,
  urgent_categories: row.urgentCategories,
})
