import { type ChatProduct, CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import type { ChosenOrg } from "../../auth/authority"
import { commitAndRead } from "../../db/client"
import type { Deps } from "../../deps"
import { AppError, MisconfiguredError, notFound } from "../../runtime/errors"
import { decideWebhook, type WebhookDecision } from "./decide"
import { decryptWebhook, encryptWebhook } from "./encrypt"
import * as queries from "./queries"
import { chatFields, type OrgPreferences } from "./schemas"
import { maskWebhook, webhookForm } from "./url"

/** The preferences of an organisation. A caller who is not one of its admins sees nothing of the webhooks. */
export async function getOrgPreferences(deps: Deps, { org }: { org: ChosenOrg }): Promise<OrgPreferences> {
  const rows = requireOrg(await queries.selectOrgPreferences(deps.db, { orgId: org.id }))
  return toOrgPreferences(deps, { org, rows })
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
  { org, product, change: { enabled, webhook } }: { org: ChosenOrg; product: ChatProduct; change: Change },
): Promise<OrgPreferences> {
  const read = queries.selectOrgPreferences(deps.db, { orgId: org.id })
  const before = requireOrg(await read)
  if (enabled === undefined) return toOrgPreferences(deps, { org, rows: before })

  const masked = await maskedWebhook(deps, { orgId: org.id, product, rows: before })
  const decision = decideWebhook(product, { masked, enabled, given: webhook ?? "" })
  const writes = await writesFor(deps, { orgId: org.id, product, decision })
  const after = requireOrg(await commitAndRead(deps.db, writes, read))
  if (enabled && !isEnabled(after, product)) throw webhookRequired(product)
  return toOrgPreferences(deps, { org, rows: after })
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

const isEnabled = (rows: Rows, product: ChatProduct) => rowOf(rows, product)?.enabled ?? false

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
    [webhook]: org.isAdmin ? await maskedWebhook(deps, { orgId: org.id, product, rows }) : null,
    ...(isGoneVisible && { [switchedOff]: { at: new Date(goneAt).toISOString(), reason: goneReason ?? "" } }),
  }
}
