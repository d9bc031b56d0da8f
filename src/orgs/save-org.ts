import { commitAndRead } from "../db/client"
import type { Deps } from "../deps"
import type { SavedOrg } from "./docs"
import { evictOrg } from "../auth/membership"
import * as queries from "./queries"
import type { OrgChange } from "./schemas"

/** Creates or changes an organisation, and returns it. One round trip; an equal change writes nothing. */
export async function saveOrg(deps: Deps, { slug, change }: { slug: string; change: OrgChange }): Promise<SavedOrg> {
  const { db } = deps
  const { name, timezone, llm_optin: llmOptin, urgent_categories: urgentCategories } = change
  const hasSettings = llmOptin !== undefined || urgentCategories !== undefined
  const [org] = await commitAndRead(
    db,
    [
      queries.upsertOrg(db, { slug, name, timezone }),
      ...(hasSettings ? [queries.upsertOrgPreferences(db, { slug, llmOptin, urgentCategories, now: deps.now() })] : []),
    ],
    queries.selectOrgsBySlugs(db, { slugs: [slug] }),
  )
  if (!org) throw new Error("the organisation was not stored")
  evictOrg(slug)
  return {
    slug,
    name: org.name,
    timezone: org.timezone,
    llm_optin: org.llmOptin,
    urgent_categories: org.urgentCategories,
  }
}
