import { SERVICE_AUTHOR } from "../../../domain/announcement"
import { usableLink } from "../../../domain/notification-link"
import { inZoneOf } from "../../../domain/time"
import type { Notification } from "../../../db/schema"
import type { Deps } from "../../../deps"
import type { ChannelSender, SendResult } from "../channel"
import { ownOrigins } from "../own-origins"
import { composeEmail } from "./compose"
import { configuredProvider } from "./configured-provider"
import * as queries from "./queries"
import { withoutOwnEmail } from "./same-address"
import { unsubscribeUrl } from "./unsubscribe-url"

type Address = Awaited<ReturnType<typeof queries.selectAddresses>>[number]

/**
 * One e-mail to each member. A notification that spans organisations goes once to each address, for all organisations in
 * which it is to be e-mailed: the consumer claims their rows together, and the first of them carries the e-mail. If that
 * fails, all of them have failed, and are tried or sent again together.
 */
export const emailChannel: ChannelSender = async (deps, { notification, recipientIds }) => {
  const addresses = await queries.selectAddresses(deps.db, { notification, orgUserIds: recipientIds })
  const shared = new Map<string, Promise<SendResult>>()

  return async (recipientId) => {
    const address = addresses.find((candidate) => candidate.recipientId === recipientId)
    if (!address) return { kind: "suppressed", reason: "not_a_member" }
    // A bounce or a complaint may have come since the notification was published.
    const { email, optOutCause, since, others } = address
    if (optOutCause) return { kind: "suppressed", reason: `email_${optOutCause}`, since: since ?? 0 }
    const send = async (to: [Address, ...Address[]]): Promise<SendResult> => {
      const composed = await composeFor(deps, { addresses: to, notification })
      const { providerId } = await configuredProvider(deps.config, deps.email).send(composed)
      return { kind: "sent", providerId }
    }
    if (notification.orgId !== null) return send([address])

    const instead = withoutOwnEmail(others, { claimed: recipientIds, fanOut: notification, now: deps.now() })
    if (instead) return instead
    const carried = shared.get(email)
    if (carried) {
      const result = await carried
      return result.kind === "sent" ? { kind: "suppressed", reason: "same_address" } : result
    }
    const rest = addresses.filter((other) => other.email === email && !other.optOutCause && other !== address)
    const sending = send([address, ...rest])
    shared.set(email, sending)
    return sending
  }
}

async function composeFor(
  { config }: Deps,
  { addresses, notification }: { addresses: [Address, ...Address[]]; notification: Notification },
) {
  const [carrier] = addresses
  const { author, category, urgent, emailSubject, times, createdAt, link } = notification
  const message = inZoneOf(notification.message, { times, zone: carrier.timeZone, now: createdAt })
  const [first, ...others] = addresses.toSorted((a, b) => a.recipientId - b.recipientId)
  return composeEmail({
    to: carrier.email,
    orgNames: [first?.orgName ?? carrier.orgName, ...others.map(({ orgName }) => orgName)],
    category,
    urgent,
    message,
    emailSubject,
    ownOrigins: author === SERVICE_AUTHOR ? ownOrigins(config) : undefined,
    inboxUrl: config.FRONTEND_URL && `${config.FRONTEND_URL}/notifications`,
    link: usableLink(config.FRONTEND_URL, link),
    unsubscribeUrl: await unsubscribeUrl(config, {
      orgUserIds: addresses.map(({ recipientId }) => recipientId),
      category,
    }),
  })
}
