import { CATEGORY, type Category, isUrgentFor } from "../domain/categories"
import type { selectOrgsBySlugs } from "../orgs/queries"

const AUTHOR = "Dalgo"

export type OrgWithSettings = Awaited<ReturnType<typeof selectOrgsBySlugs>>[number]

/** What it says to one member, about what is theirs alone: quietly. */
export const systemNotice = ({ orgId, orgUserId, message }: { orgId: number; orgUserId: number; message: string }) => ({
  orgId,
  audience: { kind: "org_users" as const, ids: [orgUserId] },
  author: AUTHOR,
  message,
  category: "system" as const,
  urgent: false,
})

/** What it says to those who run the platform, and to nobody else. */
export const platformAdminAnnouncement = ({ category, message }: { category: Category; message: string }) => ({
  orgId: null,
  audience: { kind: "org_users" as const, ids: [] },
  author: AUTHOR,
  message,
  category,
  urgent: isUrgentFor(category, null),
})

/** What the service itself says to an organisation: to whom, and how urgently, the category and the organisation decide. */
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
