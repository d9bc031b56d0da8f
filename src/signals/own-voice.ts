import { CATEGORY, type Category, isUrgentFor } from "../categories"
import type { orgsBySlugs } from "../orgs/queries"

export type Org = Awaited<ReturnType<typeof orgsBySlugs>>[number]

/** What the service itself says to an organisation: to whom, and how urgently, the category and the organisation decide. */
export const inOwnVoice = ({ org, category, message }: { org: Org; category: Category; message: string }) => ({
  orgId: org.id,
  audience: { kind: "org" as const, orgId: org.id, adminsOnly: CATEGORY[category].addresses === "admins" },
  author: "Dalgo",
  message,
  category,
  urgent: isUrgentFor(category, org.urgentCategories),
})
