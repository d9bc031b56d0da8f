import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { CATEGORY } from "../../domain/categories"
import type { Channel } from "./channel"
import { DISCORD } from "./chat/discord"
import { toEmail } from "./email/compose"
import { emailProviderFrom } from "./email/provider"
import { noteOf } from "./chat/content"
import { post } from "./chat/post"
import * as queries from "./chat/queries"

// Those who run the platform are members of nothing: they have no inbox, and nothing to unsubscribe from.

const saidOf = async ({ db }: Deps, { orgId, category, urgent, operatorNote }: Notification) => {
  const [org] = orgId === null ? [] : await queries.nameOf(db, { orgId })
  return { orgName: org?.orgName ?? "Dalgo", category, urgent, message: operatorNote ?? "", inboxUrl: undefined }
}

export const operatorEmail: Channel = async (deps, { notification }) => {
  const said = await saidOf(deps, notification)
  return async () => {
    const to = deps.settings.ADMIN_EMAIL
    if (!to) return { kind: "suppressed", reason: "ADMIN_EMAIL is not set" }
    const why = `You get this because you run the platform: ${CATEGORY[said.category].label} of every organisation.`
    const mail = await toEmail({ ...said, to, why, emailSubject: null, unsubscribeUrl: undefined })
    const { providerId } = await emailProviderFrom(deps.settings, deps.email).send(mail)
    return { kind: "sent", providerId }
  }
}

export const operatorDiscord: Channel = async (deps, { notification }) => {
  const said = await saidOf(deps, notification)
  return async () => {
    const webhook = deps.settings.ADMIN_DISCORD_WEBHOOK
    if (!webhook) return { kind: "suppressed", reason: "ADMIN_DISCORD_WEBHOOK is not set" }
    return { kind: "sent", providerId: await post(DISCORD, webhook, noteOf(said)) }
  }
}
