import type { Deps } from "../../deps"
import { selectOrgsBySlugs } from "../../orgs/queries"
import type { OrgWithSettings } from "../system-announcement"
import type { FlowRun } from "./schemas"

/** Slugs that may name the run's organisation, the likeliest first. Most tags are not slugs. */
export const candidateSlugs = (run: FlowRun): string[] =>
  [run.parameters?.config?.org_slug, ...run.tags].filter((slug): slug is string => Boolean(slug))

/** The run's organisation: the first candidate slug that is an organisation's. */
export async function findOrg({ db }: Deps, run: FlowRun): Promise<OrgWithSettings | undefined> {
  const slugs = candidateSlugs(run)
  const orgs = await selectOrgsBySlugs(db, { slugs })
  return slugs.map((slug) => orgs.find((org) => org.slug === slug)).find((org) => org !== undefined)
}
