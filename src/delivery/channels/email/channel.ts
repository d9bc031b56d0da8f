import type { Notification } from "../../../db/schema"
import type { Deps } from "../../../deps"
import type { ChannelSender } from "../channel"
import { composeEmail } from "./compose"
import { configuredProvider } from "./provider"
import * as queries from "./queries"
import { unsubscribeUrl } from "./unsubscribe-url"

type Address = Awaited<ReturnType<typeof queries.selectAddresses>>[number]

/** Mail to members, each by itself. */
export const emailChannel: ChannelSender = async (deps, { notification, recipientIds }) => {
  const addresses = await queries.selectAddresses(deps.db, { orgUserIds: recipientIds })
  return async (recipientId) => {
    const address = addresses.find((candidate) => candidate.recipientId === recipientId)
    if (!address) return { kind: "suppressed", reason: "not_a_member" }
    // It was still on when this was said.
    if (address.trouble) return { kind: "suppressed", reason: `email_${address.trouble}`, since: address.since ?? 0 }
    const mail = await composeFor(deps, { address, notification })
    const { providerId } = await configuredProvider(deps.config, deps.email).send(mail)
    return { kind: "sent", providerId }
  }
}

async function composeFor(
  { config }: Deps,
  { address, notification }: { address: Address; notification: Notification },
) {
  const { category, urgent, message, emailSubject } = notification
  return composeEmail({
    to: address.email,
    orgName: address.orgName,
    category,
    urgent,
    message,
    emailSubject,
    inboxUrl: config.FRONTEND_URL && `${config.FRONTEND_URL}/notifications`,
    unsubscribeUrl: await unsubscribeUrl(config, { orgUserId: address.recipientId, category }),
  })
}
