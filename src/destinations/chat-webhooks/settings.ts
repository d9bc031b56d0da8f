import { type Room, ROOM_NAME } from "../../domain/channels"
import { commitAndRead } from "../../db/client"
import { ROOM } from "../../db/schema"
import type { Deps } from "../../deps"
import { AppError, MisconfiguredError, notFound } from "../../runtime/errors"
import type { ChosenOrg } from "../../auth/authority"
import { seal, unseal } from "./seal"
import { FORM, masked } from "./url"
import type { OrgPreferences } from "../../preferences/docs"
import * as queries from "../../preferences/queries"
import { type Decided, decideWebhook } from "./decide"

/** How this organisation wants to be told. Who does not run it sees nothing of its webhooks. */
export async function orgPreferencesOf(deps: Deps, { org }: { org: ChosenOrg }): Promise<OrgPreferences> {
  return toOrgPreferences(deps, { org, row: theOnly(await queries.orgPreferencesOf(deps.db, { orgId: org.id })) })
}

/** Without `isOn` nothing changes. */
type Change = { isOn: boolean | undefined; webhook: string | null | undefined }

/**
 * Switches a room on or off, and answers the whole.
 * 1. Decides by what is stored.
 * 2. Commits that, and reads what is then there. Who switched it off in between has taken the webhook away with it.
 */
export async function switchRoom(
  deps: Deps,
  { org, room, change: { isOn, webhook } }: { org: ChosenOrg; room: Room; change: Change },
): Promise<OrgPreferences> {
  const read = queries.orgPreferencesOf(deps.db, { orgId: org.id })
  const row = theOnly(await read)
  if (isOn === undefined) return toOrgPreferences(deps, { org, row })

  const shown = await shownOf(deps, { orgId: org.id, room, row })
  const writes = await writesFor(deps, { org, room, decided: decideWebhook(room, shown, isOn, webhook ?? "") })
  const now = theOnly(await commitAndRead(deps.db, writes, read))
  if (isOn && !partOf(now, room).isOn) throw missing(room)
  return toOrgPreferences(deps, { org, row: now })
}

/** The webhook of this organisation's room; `undefined` if none is stored. */
export async function webhookOf(deps: Deps, { orgId, room }: { orgId: number; room: Room }) {
  const row = theOnly(await queries.orgPreferencesOf(deps.db, { orgId }))
  const webhook = await unsealed(deps, { orgId, room, row })
  return { orgName: row.name, webhook }
}

async function writesFor(deps: Deps, { org, room, decided }: { org: ChosenOrg; room: Room; decided: Decided }) {
  const of = { orgId: org.id, room, now: deps.now() }
  switch (decided.kind) {
    case "replace":
      return [queries.setRoom(deps.db, { ...of, webhook: await sealed(deps, { ...of, webhook: decided.webhook }) })]
    case "clear":
      return [queries.setRoom(deps.db, { ...of, webhook: null })]
    case "keep":
      return [queries.enableRoom(deps.db, of)]
    case "missing":
      throw missing(room)
    case "foreign":
      throw foreign(room)
  }
}

const missing = (room: Room) =>
  new AppError("rejected", `${ROOM_NAME[room]} webhook is required to enable notifications.`)

const foreign = (room: Room) => {
  const flaw = { loc: ["body", `${room}_webhook`], msg: `must be ${FORM[room]}`, type: "invalid_format" }
  return new AppError("invalid", "the input does not fit", { flaws: [flaw] })
}

const placeOf = (orgId: number, room: Room) => ({ orgId, column: `${room}_webhook` })

/** Rather than in plain it is not stored at all. */
async function sealed({ settings }: Deps, { orgId, room, webhook }: { orgId: number; room: Room; webhook: string }) {
  try {
    return await seal(settings.SECRETS_KEYS, webhook, placeOf(orgId, room))
  } catch (error) {
    throw error instanceof MisconfiguredError ? new AppError("unavailable", error.message) : error
  }
}

type Row = Awaited<ReturnType<typeof queries.orgPreferencesOf>>[number]
type OfRoom = { orgId: number; room: Room; row: Row }

async function unsealed({ settings }: Deps, { orgId, room, row }: OfRoom) {
  const { webhook } = partOf(row, room)
  return webhook ? unseal(settings.SECRETS_KEYS, webhook, placeOf(orgId, room)) : undefined
}

/** What is stored and cannot be read is shown as well, without its end. */
async function shownOf(deps: Deps, of: OfRoom): Promise<string | null> {
  if (!partOf(of.row, of.room).webhook) return null
  const webhook = await unsealed(deps, of).catch((error) => {
    if (error instanceof MisconfiguredError) return undefined
    throw error
  })
  return masked(of.room, webhook)
}

function theOnly([row]: Row[]): Row {
  if (!row) throw notFound("organisation")
  return row
}

const partOf = (row: Row, room: Room) => {
  const { isOn, webhook, goneAt, reason } = ROOM[room]
  return { isOn: row[isOn] ?? false, webhook: row[webhook], goneAt: row[goneAt], reason: row[reason] }
}

async function toOrgPreferences(deps: Deps, { org, row }: { org: ChosenOrg; row: Row }): Promise<OrgPreferences> {
  const shown = async (room: Room) => (org.isRun ? shownOf(deps, { orgId: org.id, room, row }) : null)
  const switchedOff = (room: Room) => {
    const { goneAt, reason } = partOf(row, room)
    return org.isRun && goneAt !== null ? { at: new Date(goneAt).toISOString(), reason: reason ?? "" } : undefined
  }
  const [discord, slack] = [switchedOff("discord"), switchedOff("slack")]
  return {
    org: { name: row.name, slug: row.slug },
    llm_optin: row.llmOptin ?? false,
    enable_discord_notifications: partOf(row, "discord").isOn,
    discord_webhook: await shown("discord"),
    ...(discord && { discord_switched_off: discord }),
    enable_slack_notifications: partOf(row, "slack").isOn,
    slack_webhook: await shown("slack"),
    ...(slack && { slack_switched_off: slack }),
    urgent_categories: row.urgentCategories,
  }
}
