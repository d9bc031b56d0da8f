import type { Deps } from "../../deps"
import { selectOrgsBySlugs } from "../../orgs/queries"
import type { OrgWithSettings } from "../system-announcement"
import type { FlowRun } from "./schemas"

export type FoundOrg =
  | { kind: "found"; org: OrgWithSettings }
  /** No organisation has one of the slugs that the run names. */
  | { kind: "unknown" }
  /** The run's tags are slugs of several organisations, and nothing else says whose run it is. */
  | { kind: "ambiguous"; orgs: OrgWithSettings[] }

/**
 * Slugs that may name the run's organisation. The slug in the parameters is the only one where it is given: a tag never
 * takes its place, even if no organisation has that slug. Most tags are not slugs.
 */
export function candidateSlugs(run: FlowRun): string[] {
  const slug = run.parameters?.config?.org_slug?.trim()
  return slug ? [slug] : [...new Set(run.tags.filter(Boolean))]
}

/** Finds the run's organisation by the slug in its parameters, else by a tag that is a slug. */
export async function findOrg({ db }: Deps, run: FlowRun): Promise<FoundOrg> {
  const slugs = candidateSlugs(run)
  const orgs = slugs.length === 0 ? [] : await selectOrgsBySlugs(db, { slugs })
  const [org, ...others] = orgs
  if (!org) return { kind: "unknown" }
  return others.length === 0 ? { kind: "found", org } : { kind: "ambiguous", orgs }
}
