import { type ChatProduct, CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import type { ChosenOrg } from "../../auth/authority"
import { commitAndRead } from "../../db/client"
import type { Deps } from "../../deps"
import { AppError, MisconfiguredError, notFound } from "../../runtime/errors"
import type { ForwardedCredentials } from "../../runtime/platform"
import { decideWebhook, type WebhookDecision } from "./decide"
import { decryptWebhook, encryptWebhook } from "./encrypt"
import * as queries from "./queries"
import { getPlatformOrgPreferences, type PlatformOrgPreferences } from "./platform"
import { chatFields, type MergedOrgPreferences, type OrgPreferences } from "./schemas"
import { maskWebhook, webhookForm } from "./url"

/** `credentials` are those of a person: Dalgo's backend has further preferences for them. */
type Request = { org: ChosenOrg; credentials: ForwardedCredentials | undefined }

/** The preferences of an organisation. A caller who is not one of its admins sees nothing of the webhooks. */
export async function getOrgPreferences(deps: Deps, { org, credentials }: Request): Promise<MergedOrgPreferences> {
  const [rows, fromPlatform] = await Promise.all([
    queries.selectOrgPreferences(deps.db, { orgId: org.id }),
    getPlatformOrgPreferences(deps, { credentials }),
  ])
  return merge(await toOrgPreferences(deps, { org, rows: requireOrg(rows) }), fromPlatform)
}

/** Nothing changes where `enabled` is undefined. */
type Change = { enabled: boolean | undefined; webhook: string | null | undefined }

/**
 * Switches a chat product on or off.
 *
 * 1. Read what is stored, and decide what to do with the webhook.
 * 2. Commit that, and read the result in the same round trip: a concurrent request may have removed the webhook that
 *    this one keeps.
 */
export async function changeChatWebhook(
  deps: Deps,
  { product, change, ...request }: Request & { product: ChatProduct; change: Change },
): Promise<MergedOrgPreferences> {
  const { org, credentials } = request
  if (change.enabled === undefined) return getOrgPreferences(deps, request)
  const rows = await commitChange(deps, { orgId: org.id, product, enabled: change.enabled, webhook: change.webhook })
  const fromPlatform = await getPlatformOrgPreferences(deps, { credentials })
  return merge(await toOrgPreferences(deps, { org, rows }), fromPlatform)
}

async function commitChange(
  deps: Deps,
  { enabled, webhook, ...owner }: Owner & { enabled: boolean; webhook: string | null | undefined },
): Promise<Rows> {
  const { orgId, product } = owner
  const read = queries.selectOrgPreferences(deps.db, { orgId })
  const masked = await maskedWebhook(deps, { ...owner, rows: requireOrg(await read) })
  const decision = decideWebhook(product, { masked, enabled, given: webhook ?? "" })
  const writes = await writesFor(deps, { ...owner, decision })
  const after = requireOrg(await commitAndRead(deps.db, writes, read))
  if (enabled && !isEnabled(after, product)) throw webhookRequired(product)
  return after
}

/** The stored webhook, decrypted; `undefined` if there is none. Throws `MisconfiguredError`. */
export async function getChatWebhook(deps: Deps, { orgId, product }: { orgId: number; product: ChatProduct }) {
  const rows = requireOrg(await queries.selectOrgPreferences(deps.db, { orgId }))
  return { orgName: rows[0].name, webhook: await storedWebhook(deps, { orgId, product, rows }) }
}

type Owner = { orgId: number; product: ChatProduct }

async function writesFor(deps: Deps, { decision, ...owner }: Owner & { decision: WebhookDecision }) {
  const change = { ...owner, now: deps.now() }
  switch (decision.kind) {
    case "replace": {
      const webhook = await encryptOrRefuse(deps, { ...owner, webhook: decision.webhook })
      return [queries.upsertWebhook(deps.db, { ...change, webhook })]
    }
    case "clear":
      return [queries.upsertWebhook(deps.db, { ...change, webhook: null })]
    case "keep":
      return [queries.enableWebhook(deps.db, change)]
    case "missing":
      throw webhookRequired(owner.product)
    case "invalid":
      throw invalidWebhook(owner.product)
  }
}

const webhookRequired = (product: ChatProduct) =>
  new AppError("rejected", `${CHAT_PRODUCT_NAME[product]} webhook is required to enable notifications.`)

const invalidWebhook = (product: ChatProduct) => {
  const { webhook } = chatFields(product)
  const issue = { loc: ["body", webhook], msg: `must be ${webhookForm(product)}`, type: "invalid_format" }
  return new AppError("invalid", "the input does not fit", { issues: [issue] })
}

/** A webhook is never stored in plain text: without a key the request is refused. */
async function encryptOrRefuse({ config }: Deps, webhook: Owner & { webhook: string }) {
  try {
    return await encryptWebhook(config.SECRETS_KEYS, webhook)
  } catch (error) {
    throw error instanceof MisconfiguredError ? new AppError("unavailable", error.message) : error
  }
}

type Row = Awaited<ReturnType<typeof queries.selectOrgPreferences>>[number]
type Rows = [Row, ...Row[]]
type Stored = Owner & { rows: Rows }

const rowOf = (rows: Rows, product: ChatProduct) => rows.find((row) => row.product === product)

/** Dalgo may have stored that a product is on without a webhook. Then no message is sent. */
const isEnabled = (rows: Rows, product: ChatProduct) => {
  const { enabled = false, webhook = null } = rowOf(rows, product) ?? {}
  return Boolean(enabled && webhook)
}

async function storedWebhook({ config }: Deps, { rows, ...owner }: Stored): Promise<string | undefined> {
  const webhook = rowOf(rows, owner.product)?.webhook
  return webhook ? decryptWebhook(config.SECRETS_KEYS, { ...owner, webhook }) : undefined
}

/** `null` if none is stored. A webhook that cannot be decrypted is masked whole. */
async function maskedWebhook(deps: Deps, stored: Stored): Promise<string | null> {
  if (!rowOf(stored.rows, stored.product)?.webhook) return null
  const webhook = await storedWebhook(deps, stored).catch((error) => {
    if (error instanceof MisconfiguredError) return undefined
    throw error
  })
  return maskWebhook(stored.product, webhook)
}

/**
 * The masked webhook; for a caller who is not an admin, a mask that tells nothing of it. The form of the web app saves
 * nothing, a member's own e-mail switch included, while a product is on and its webhook is empty.
 */
async function shownWebhook(deps: Deps, { org, ...stored }: Omit<Stored, "orgId"> & { org: ChosenOrg }) {
  if (org.isAdmin) return maskedWebhook(deps, { orgId: org.id, ...stored })
  return rowOf(stored.rows, stored.product)?.webhook ? maskWebhook(stored.product, undefined) : null
}

function requireOrg([first, ...others]: Row[]): Rows {
  if (!first) throw notFound("organisation")
  return [first, ...others]
}

async function toOrgPreferences(deps: Deps, { org, rows }: { org: ChosenOrg; rows: Rows }): Promise<OrgPreferences> {
  const [{ name, slug, llmOptin, urgentCategories }] = rows
  const chat = await Promise.all(CHAT_PRODUCTS.map((product) => toChatSettings(deps, { org, product, rows })))
  return {
    org: { name, slug },
    llm_optin: llmOptin ?? false,
    ...(Object.assign({}, ...chat) as ChatSettings),
    urgent_categories: urgentCategories,
  }
}

/** Our preferences with those of Dalgo's backend. Whether the organisation uses AI is decided there, the rest here. */
const merge = (ours: OrgPreferences, fromPlatform: PlatformOrgPreferences): MergedOrgPreferences => ({
  ...fromPlatform,
  ...ours,
  llm_optin: fromPlatform.llm_optin ?? ours.llm_optin,
})

type ChatSettings = Omit<OrgPreferences, "org" | "llm_optin" | "urgent_categories">

async function toChatSettings(
  deps: Deps,
  { org, product, rows }: { org: ChosenOrg; product: ChatProduct; rows: Rows },
): Promise<Partial<ChatSettings>> {
  const { enabled, webhook, switchedOff } = chatFields(product)
  const { goneAt = null, goneReason = null } = rowOf(rows, product) ?? {}
  const isGoneVisible = org.isAdmin && goneAt !== null
  return {
    [enabled]: isEnabled(rows, product),
    [webhook]: await shownWebhook(deps, { org, product, rows }),
    ...(isGoneVisible && { [switchedOff]: { at: new Date(goneAt).toISOString(), reason: goneReason ?? "" } }),
  }
}
