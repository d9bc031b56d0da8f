import type { Notification } from "../../../db/schema"
import type { Deps } from "../../../deps"
import type { Channel } from "../channel"
import { toEmail } from "./compose"
import { emailProviderFrom } from "./provider"
import * as queries from "./queries"
import { unsubscribeUrl } from "./unsubscribe-url"

type Address = Awaited<ReturnType<typeof queries.addressesOf>>[number]

/** Mail to members, each by itself. */
export const email: Channel = async (deps, { notification, recipientIds }) => {
  const addresses = await queries.addressesOf(deps.db, { orgUserIds: recipientIds })
  return async (recipientId) => {
    const address = addresses.find((candidate) => candidate.recipientId === recipientId)
    if (!address) return { kind: "suppressed", reason: "not_a_member" }
    // It was still on when this was said.
    if (address.trouble) return { kind: "suppressed", reason: `email_${address.trouble}`, since: address.since ?? 0 }
    const mail = await mailTo(deps, { address, notification })
    const { providerId } = await emailProviderFrom(deps.settings, deps.email).send(mail)
    return { kind: "sent", providerId }
  }
}

async function mailTo({ settings }: Deps, { address, notification }: { address: Address; notification: Notification }) {
  const { category, urgent, message, emailSubject } = notification
  return toEmail({
    to: address.email,
    orgName: address.orgName,
    category,
    urgent,
    message,
    emailSubject,
    inboxUrl: settings.FRONTEND_URL && `${settings.FRONTEND_URL}/notifications`,
    unsubscribeUrl: await unsubscribeUrl(settings, { orgUserId: address.recipientId, category }),
  })
}
