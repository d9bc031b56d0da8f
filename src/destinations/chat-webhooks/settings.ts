import { type ChatProduct, CHAT_PRODUCT_NAME } from "../../domain/channels"
import { commitAndRead } from "../../db/client"
import { CHAT_COLUMNS } from "../../db/schema"
import type { Deps } from "../../deps"
import { AppError, MisconfiguredError, notFound } from "../../runtime/errors"
import type { ChosenOrg } from "../../auth/authority"
import { seal, unseal } from "./seal"
import { WEBHOOK_FORM, maskWebhook } from "./url"
import type { OrgPreferences } from "../../preferences/docs"
import * as queries from "../../preferences/queries"
import { type WebhookDecision, decideWebhook } from "./decide"

/** How this organisation wants to be told. Who does not run it sees nothing of its webhooks. */
export async function getOrgPreferences(deps: Deps, { org }: { org: ChosenOrg }): Promise<OrgPreferences> {
  return toOrgPreferences(deps, {
    org,
    row: requireOrg(await queries.selectOrgPreferences(deps.db, { orgId: org.id })),
  })
}

/** Without `isOn` nothing changes. */
type Change = { isOn: boolean | undefined; webhook: string | null | undefined }

/**
 * Switches a room on or off, and answers the whole.
 * 1. Decides by what is stored.
 * 2. Commits that, and reads what is then there. Who switched it off in between has taken the webhook away with it.
 */
export async function switchChat(
  deps: Deps,
  { org, room, change: { isOn, webhook } }: { org: ChosenOrg; room: ChatProduct; change: Change },
): Promise<OrgPreferences> {
  const read = queries.selectOrgPreferences(deps.db, { orgId: org.id })
  const row = requireOrg(await read)
  if (isOn === undefined) return toOrgPreferences(deps, { org, row })

  const shown = await maskedWebhook(deps, { orgId: org.id, room, row })
  const writes = await writesFor(deps, { org, room, decided: decideWebhook(room, shown, isOn, webhook ?? "") })
  const now = requireOrg(await commitAndRead(deps.db, writes, read))
  if (isOn && !chatColumnsOf(now, room).isOn) throw webhookRequired(room)
  return toOrgPreferences(deps, { org, row: now })
}

/** The webhook of this organisation's room; `undefined` if none is stored. */
export async function getChatWebhook(deps: Deps, { orgId, room }: { orgId: number; room: ChatProduct }) {
  const row = requireOrg(await queries.selectOrgPreferences(deps.db, { orgId }))
  const webhook = await unsealed(deps, { orgId, room, row })
  return { orgName: row.name, webhook }
}

async function writesFor(
  deps: Deps,
  { org, room, decided }: { org: ChosenOrg; room: ChatProduct; decided: WebhookDecision },
) {
  const of = { orgId: org.id, room, now: deps.now() }
  switch (decided.kind) {
    case "replace":
      return [queries.setRoom(deps.db, { ...of, webhook: await sealed(deps, { ...of, webhook: decided.webhook }) })]
    case "clear":
      return [queries.setRoom(deps.db, { ...of, webhook: null })]
    case "keep":
      return [queries.enableRoom(deps.db, of)]
    case "missing":
      throw webhookRequired(room)
    case "foreign":
      throw invalidWebhook(room)
  }
}

const webhookRequired = (room: ChatProduct) =>
  new AppError("rejected", `${CHAT_PRODUCT_NAME[room]} webhook is required to enable notifications.`)

const invalidWebhook = (room: ChatProduct) => {
  const flaw = { loc: ["body", `${room}_webhook`], msg: `must be ${WEBHOOK_FORM[room]}`, type: "invalid_format" }
  return new AppError("invalid", "the input does not fit", { issues: [flaw] })
}

const aadOf = (orgId: number, room: ChatProduct) => ({ orgId, column: `${room}_webhook` })

/** Rather than in plain it is not stored at all. */
async function sealed(
  { config }: Deps,
  { orgId, room, webhook }: { orgId: number; room: ChatProduct; webhook: string },
) {
  try {
    return await seal(config.SECRETS_KEYS, webhook, aadOf(orgId, room))
  } catch (error) {
    throw error instanceof MisconfiguredError ? new AppError("unavailable", error.message) : error
  }
}

type Row = Awaited<ReturnType<typeof queries.selectOrgPreferences>>[number]
type StoredChat = { orgId: number; room: ChatProduct; row: Row }

async function unsealed({ config }: Deps, { orgId, room, row }: StoredChat) {
  const { webhook } = chatColumnsOf(row, room)
  return webhook ? unseal(config.SECRETS_KEYS, webhook, aadOf(orgId, room)) : undefined
}

/** What is stored and cannot be read is shown as well, without its end. */
async function maskedWebhook(deps: Deps, of: StoredChat): Promise<string | null> {
  if (!chatColumnsOf(of.row, of.room).webhook) return null
  const webhook = await unsealed(deps, of).catch((error) => {
    if (error instanceof MisconfiguredError) return undefined
    throw error
  })
  return maskWebhook(of.room, webhook)
}

function requireOrg([row]: Row[]): Row {
  if (!row) throw notFound("organisation")
  return row
}

const chatColumnsOf = (row: Row, room: ChatProduct) => {
  const { isOn, webhook, goneAt, reason } = CHAT_COLUMNS[room]
  return { isOn: row[isOn] ?? false, webhook: row[webhook], goneAt: row[goneAt], reason: row[reason] }
}

async function toOrgPreferences(deps: Deps, { org, row }: { org: ChosenOrg; row: Row }): Promise<OrgPreferences> {
  const shown = async (room: ChatProduct) => (org.isAdmin ? maskedWebhook(deps, { orgId: org.id, room, row }) : null)
  const switchedOff = (room: ChatProduct) => {
    const { goneAt, reason } = chatColumnsOf(row, room)
    return org.isAdmin && goneAt !== null ? { at: new Date(goneAt).toISOString(), reason: reason ?? "" } : undefined
  }
  const [discord, slack] = [switchedOff("discord"), switchedOff("slack")]
  return {
    org: { name: row.name, slug: row.slug },
    llm_optin: row.llmOptin ?? false,
    enable_discord_notifications: chatColumnsOf(row, "discord").isOn,
    discord_webhook: await shown("discord"),
    ...(discord && { discord_switched_off: discord }),
    enable_slack_notifications: chatColumnsOf(row, "slack").isOn,
    slack_webhook: await shown("slack"),
    ...(slack && { slack_switched_off: slack }),
    urgent_categories: row.urgentCategories,
  }
}
