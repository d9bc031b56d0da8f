import type { Deps } from "../deps"
import { AppError, notAllowed, notFound } from "../runtime/errors"
import { type Caller, isPlatformCaller } from "./caller"
import { loadOrg } from "./membership"
import { isAtLeast, type Role } from "../domain/roles"

/** An organisation that somebody acts on; `isRun` says whether they run it, and are not only a member. */
export type ChosenOrg = { id: number; slug: string; isAdmin: boolean }

/**
 * The organisation with this slug, or the person's first one, in which the caller must have this role; who looks
 * after all has every role. Throws `not_found` for a stranger's, and `not_allowed` for one's own that others run.
 */
export async function resolveOrg(
  deps: Deps,
  { caller, slug, needed }: { caller: Caller; slug: string | undefined; needed: Role },
): Promise<ChosenOrg> {
  const memberships = caller.kind === "person" ? caller.memberships : []
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (membership && (isPlatformCaller(caller) || isAtLeast(membership.role, needed))) {
    const isRun = isPlatformCaller(caller) || isAtLeast(membership.role, "admin")
    return { id: membership.orgId, slug: membership.orgSlug, isAdmin: isRun }
  }
  if (membership) throw notAllowed()
  if (!isPlatformCaller(caller)) throw slug ? notFound("organisation") : notAllowed()
  if (!slug) throw new AppError("rejected", "x-dalgo-org is required to choose an organisation.")
  const org = await loadOrg(deps.db, { slug, now: deps.now() })
  if (!org) throw notFound("organisation")
  return { ...org, isAdmin: true }
}

/** The same for an organisation that the caller must run. */
export const requireOrgAdmin = (deps: Deps, of: { caller: Caller; slug: string | undefined }) =>
  resolveOrg(deps, { ...of, needed: "admin" })

/** Who looks after all oversees all (`undefined`), until they name one; an admin the organisation that they run. */
export async function orgScopeFor(
  deps: Deps,
  of: { caller: Caller; chosenSlug: string | undefined; orgSlug: string | undefined },
): Promise<number | undefined> {
  const { caller, chosenSlug, orgSlug } = of
  const slug = isPlatformCaller(caller) ? orgSlug : orgSlug || chosenSlug
  if (!slug && isPlatformCaller(caller)) return undefined
  return (await requireOrgAdmin(deps, { caller, slug })).id
}
