import type { Deps } from "../deps"
import { AppError, notAllowed, notFound } from "../runtime/errors"
import { type Caller, mayAddressAnybody } from "./caller"
import { knownOrg } from "./membership"
import { isAtLeast, type Role } from "../domain/roles"

/** An organisation that somebody acts on; `isRun` says whether they run it, and are not only a member. */
export type ChosenOrg = { id: number; slug: string; isRun: boolean }

/**
 * The organisation with this slug, or the person's first one, in which the caller must have this role; who looks
 * after all has every role. Throws `not_found` for a stranger's, and `not_allowed` for one's own that others run.
 */
export async function orgFor(
  deps: Deps,
  { caller, slug, needed }: { caller: Caller; slug: string | undefined; needed: Role },
): Promise<ChosenOrg> {
  const memberships = caller.kind === "person" ? caller.memberships : []
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (membership && (mayAddressAnybody(caller) || isAtLeast(membership.role, needed))) {
    const isRun = mayAddressAnybody(caller) || isAtLeast(membership.role, "admin")
    return { id: membership.orgId, slug: membership.orgSlug, isRun }
  }
  if (membership) throw notAllowed()
  if (!mayAddressAnybody(caller)) throw slug ? notFound("organisation") : notAllowed()
  if (!slug) throw new AppError("rejected", "x-dalgo-org is required to choose an organisation.")
  const org = await knownOrg(deps.db, { slug, now: deps.now() })
  if (!org) throw notFound("organisation")
  return { ...org, isRun: true }
}

/** The same for an organisation that the caller must run. */
export const orgToRun = (deps: Deps, of: { caller: Caller; slug: string | undefined }) =>
  orgFor(deps, { ...of, needed: "admin" })

/** Who looks after all oversees all (`undefined`), until they name one; an admin the organisation that they run. */
export async function orgToOversee(
  deps: Deps,
  of: { caller: Caller; chosenSlug: string | undefined; orgSlug: string | undefined },
): Promise<number | undefined> {
  const { caller, chosenSlug, orgSlug } = of
  const slug = mayAddressAnybody(caller) ? orgSlug : orgSlug || chosenSlug
  if (!slug && mayAddressAnybody(caller)) return undefined
  return (await orgToRun(deps, { caller, slug })).id
}
