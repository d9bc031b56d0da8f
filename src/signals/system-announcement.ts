import { announcementSubject, SERVICE_AUTHOR } from "../domain/announcement"
import { CATEGORY, type Category, isUrgentFor } from "../domain/categories"
import type { NamedTime } from "../domain/time"
import { truncateUnits } from "../domain/text"
import type { selectOrgsBySlugs } from "../orgs/queries"

/** Below the 10,000 characters that the API allows. */
const MAX_MESSAGE_LENGTH = 8_000

const shortened = (message: string) => truncateUnits(message, MAX_MESSAGE_LENGTH)

export type OrgWithSettings = Awaited<ReturnType<typeof selectOrgsBySlugs>>[number]

/** A notice of the service to one member, about something of their own. It is never urgent. */
export const systemNotice = ({
  orgId,
  orgUserId,
  message,
}: {
  /** `null` keeps it out of the organisation's history. */
  orgId: number | null
  orgUserId: number
  message: string
}) => ({
  orgId,
  audience: { kind: "org_users" as const, ids: [orgUserId] },
  author: SERVICE_AUTHOR,
  message: shortened(message),
  category: "system" as const,
  urgent: false,
})

/** A notice of the service to an organisation's admins. It is never urgent. */
export const adminNotice = ({ orgId, message }: { orgId: number; message: string }) => ({
  orgId,
  audience: { kind: "org" as const, orgId, adminsOnly: true },
  author: SERVICE_AUTHOR,
  message: shortened(message),
  category: "system" as const,
  urgent: false,
})

/** An announcement of the service to platform admins only. It belongs to no organisation. */
export const platformAdminAnnouncement = ({ category, message }: { category: Category; message: string }) => ({
  orgId: null,
  audience: { kind: "org_users" as const, ids: [] },
  author: SERVICE_AUTHOR,
  message: shortened(message),
  category,
  urgent: isUrgentFor(category, null),
})

/**
 * An announcement of the service to an organisation. The category decides the audience; the organisation may change
 * which categories are urgent.
 */
export const systemAnnouncement = ({
  org,
  category,
  message,
  times,
}: {
  org: OrgWithSettings
  category: Category
  message: string
  /** The times that the message names, in the organisation's zone. */
  times?: NamedTime[] | undefined
}) => ({
  orgId: org.id,
  audience: { kind: "org" as const, orgId: org.id, adminsOnly: CATEGORY[category].addresses === "admins" },
  author: SERVICE_AUTHOR,
  message: shortened(message),
  emailSubject: announcementSubject({ orgName: org.name, message }),
  times,
  category,
  urgent: isUrgentFor(category, org.urgentCategories),
})
