import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { CATEGORY } from "../../domain/categories"
import type { ChannelSender } from "./channel"
import { discordAdapter } from "./chat/discord"
import { composeEmail } from "./email/compose"
import { configuredProvider } from "./email/provider"
import { toChatContent } from "./chat/content"
import { postMessage } from "./chat/post"
import * as queries from "./chat/queries"

// Those who run the platform are members of nothing: they have no inbox, and nothing to unsubscribe from.

const contentFor = async ({ db }: Deps, { orgId, category, urgent, operatorNote }: Notification) => {
  const [org] = orgId === null ? [] : await queries.selectOrgName(db, { orgId })
  return { orgName: org?.orgName ?? "Dalgo", category, urgent, message: operatorNote ?? "", inboxUrl: undefined }
}

export const platformAdminEmail: ChannelSender = async (deps, { notification }) => {
  const said = await contentFor(deps, notification)
  return async () => {
    const to = deps.config.ADMIN_EMAIL
    if (!to) return { kind: "suppressed", reason: "ADMIN_EMAIL is not set" }
    const why = `You get this because you run the platform: ${CATEGORY[said.category].label} of every organisation.`
    const mail = await composeEmail({ ...said, to, why, emailSubject: null, unsubscribeUrl: undefined })
    const { providerId } = await configuredProvider(deps.config, deps.email).send(mail)
    return { kind: "sent", providerId }
  }
}

export const platformAdminDiscord: ChannelSender = async (deps, { notification }) => {
  const said = await contentFor(deps, notification)
  return async () => {
    const webhook = deps.config.ADMIN_DISCORD_WEBHOOK
    if (!webhook) return { kind: "suppressed", reason: "ADMIN_DISCORD_WEBHOOK is not set" }
    return { kind: "sent", providerId: await postMessage(discordAdapter, webhook, toChatContent(said)) }
  }
}
