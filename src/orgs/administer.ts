import type { Deps } from "../deps"
import { AppError, notAllowed, notFound } from "../errors"
import { type Caller, mayAddressAnybody } from "./caller"
import { knownOrg } from "./membership"
import { isAtLeast } from "./roles"

/** An organisation, as far as its admins act on it. */
export type RunOrg = { id: number; slug: string }

/**
 * The organisation with this slug, or the person's first one, which the caller must run: as its admin, or as
 * somebody who looks after all. Throws `not_found` for a stranger's, and `not_allowed` for one's own that others run.
 */
export async function orgToRun(
  deps: Deps,
  { caller, slug }: { caller: Caller; slug: string | undefined },
): Promise<RunOrg> {
  const memberships = caller.kind === "person" ? caller.memberships : []
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (membership && (mayAddressAnybody(caller) || isAtLeast(membership.role, "admin"))) {
    return { id: membership.orgId, slug: membership.orgSlug }
  }
  if (membership) throw notAllowed()
  if (!mayAddressAnybody(caller)) throw slug ? notFound("organisation") : notAllowed()
  if (!slug) throw new AppError("rejected", "x-dalgo-org is required to choose an organisation.")
  const org = await knownOrg(deps.db, { slug, now: deps.now() })
  if (!org) throw notFound("organisation")
  return org
}
