import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { announcementSubject } from "../../domain/announcement"
import { CATEGORY } from "../../domain/categories"
import { deliverableAddress } from "../../domain/email-address"
import { parseStoredWebhook } from "../../destinations/chat-webhooks/url"
import { notUsable } from "../../runtime/variables"
import type { ChannelSender } from "./channel"
import { toChatContent } from "./chat/content"
import { discordAdapter } from "./chat/discord"
import { postMessage } from "./chat/post"
import { platformOrigins } from "./own-origins"
import * as queries from "./chat/queries"
import { composeEmail } from "./email/compose"
import { configuredProvider } from "./email/configured-provider"

// Platform admins are configured by address. They need no membership, so there is no inbox and no unsubscribe link.

const contentFor = async ({ db, config }: Deps, { orgId, category, urgent, operatorNote }: Notification) => {
  const [org] = orgId === null ? [] : await queries.selectOrgName(db, { orgId })
  return {
    orgName: org?.orgName ?? "Dalgo",
    category,
    urgent,
    message: operatorNote ?? "",
    inboxUrl: undefined,
    ownOrigins: platformOrigins(config),
  }
}

export const platformAdminEmail: ChannelSender = async (deps, { notification }) => {
  const content = await contentFor(deps, notification)
  return async () => {
    const to = deps.config.ADMIN_EMAIL
    if (!to) return { kind: "suppressed", reason: "ADMIN_EMAIL is not set" }
    if (!deliverableAddress(to)) throw notUsable("ADMIN_EMAIL")
    const why = `You get this because you run the platform. Dalgo sends you ${CATEGORY[content.category].label} of every organisation.`
    const emailSubject = announcementSubject(content)
    const email = await composeEmail({
      ...content,
      orgNames: [content.orgName],
      to,
      why,
      emailSubject,
      unsubscribeUrl: undefined,
    })
    const { providerId } = await configuredProvider(deps.config, deps.email).send(email)
    return { kind: "sent", providerId }
  }
}

export const platformAdminDiscord: ChannelSender = async (deps, { notification }) => {
  const content = await contentFor(deps, notification)
  return async () => {
    const webhook = deps.config.ADMIN_DISCORD_WEBHOOK
    if (!webhook) return { kind: "suppressed", reason: "ADMIN_DISCORD_WEBHOOK is not set" }
    if (!parseStoredWebhook("discord", webhook)) throw notUsable("ADMIN_DISCORD_WEBHOOK")
    return { kind: "sent", providerId: await postMessage(discordAdapter, { webhook, content: toChatContent(content) }) }
  }
}
