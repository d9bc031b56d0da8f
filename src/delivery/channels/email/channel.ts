import { SERVICE_AUTHOR } from "../../../domain/announcement"
import { inZoneOf } from "../../../domain/time"
import type { Notification } from "../../../db/schema"
import type { Deps } from "../../../deps"
import type { ChannelSender } from "../channel"
import { ownOrigins } from "../own-origins"
import { composeEmail } from "./compose"
import { configuredProvider } from "./configured-provider"
import * as queries from "./queries"
import { unsubscribeUrl } from "./unsubscribe-url"

type Address = Awaited<ReturnType<typeof queries.selectAddresses>>[number]

/** One e-mail to each member. */
export const emailChannel: ChannelSender = async (deps, { notification, recipientIds }) => {
  const addresses = await queries.selectAddresses(deps.db, { orgUserIds: recipientIds })
  return async (recipientId) => {
    const address = addresses.find((candidate) => candidate.recipientId === recipientId)
    if (!address) return { kind: "suppressed", reason: "not_a_member" }
    // A bounce or a complaint may have come since the notification was published.
    const { optOutCause, since } = address
    if (optOutCause) return { kind: "suppressed", reason: `email_${optOutCause}`, since: since ?? 0 }
    const email = await composeFor(deps, { address, notification })
    const { providerId } = await configuredProvider(deps.config, deps.email).send(email)
    return { kind: "sent", providerId }
  }
}

async function composeFor(
  { config }: Deps,
  { address, notification }: { address: Address; notification: Notification },
) {
  const { author, category, urgent, emailSubject, times, createdAt } = notification
  const message = inZoneOf(notification.message, { times, zone: address.timeZone, now: createdAt })
  return composeEmail({
    to: address.email,
    orgName: address.orgName,
    category,
    urgent,
    message,
    emailSubject,
    ownOrigins: author === SERVICE_AUTHOR ? ownOrigins(config) : undefined,
    inboxUrl: config.FRONTEND_URL && `${config.FRONTEND_URL}/notifications`,
    unsubscribeUrl: await unsubscribeUrl(config, { orgUserId: address.recipientId, category }),
  })
}
