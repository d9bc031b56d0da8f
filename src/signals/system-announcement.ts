import { CATEGORY, type Category, isUrgentFor } from "../domain/categories"
import type { selectOrgsBySlugs } from "../orgs/queries"

const AUTHOR = "Dalgo"

export type OrgWithSettings = Awaited<ReturnType<typeof selectOrgsBySlugs>>[number]

/** A notice of the service to one member, about something of their own. It is never urgent. */
export const systemNotice = ({ orgId, orgUserId, message }: { orgId: number; orgUserId: number; message: string }) => ({
  orgId,
  audience: { kind: "org_users" as const, ids: [orgUserId] },
  author: AUTHOR,
  message,
  category: "system" as const,
  urgent: false,
})

/** An announcement of the service to platform admins only. It belongs to no organisation. */
export const platformAdminAnnouncement = ({ category, message }: { category: Category; message: string }) => ({
  orgId: null,
  audience: { kind: "org_users" as const, ids: [] },
  author: AUTHOR,
  message,
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
}: {
  org: OrgWithSettings
  category: Category
  message: string
}) => ({
  orgId: org.id,
  audience: { kind: "org" as const, orgId: org.id, adminsOnly: CATEGORY[category].addresses === "admins" },
  author: AUTHOR,
  message,
  category,
  urgent: isUrgentFor(category, org.urgentCategories),
})
