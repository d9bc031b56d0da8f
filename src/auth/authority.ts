import type { Deps } from "../deps"
import { AppError, notAllowed, notFound } from "../runtime/errors"
import { type Caller, isPlatformCaller } from "./caller"
import { loadOrg } from "./membership"
import { isAtLeast, type Role } from "../domain/roles"

/** The organisation that a request acts on. `isAdmin`: the caller may administer it. */
export type ChosenOrg = { id: number; slug: string; isAdmin: boolean }

/**
 * The organisation with this slug, or the person's first one. Platform callers have every role in every organisation.
 * Throws `not_found` if a person is not a member, and `not_allowed` if their role is lower than `needed`.
 */
export async function resolveOrg(
  deps: Deps,
  { caller, slug, needed }: { caller: Caller; slug: string | undefined; needed: Role },
): Promise<ChosenOrg> {
  const memberships = caller.kind === "person" ? caller.memberships : []
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (membership && (isPlatformCaller(caller) || isAtLeast(membership.role, needed))) {
    const isAdmin = isPlatformCaller(caller) || isAtLeast(membership.role, "admin")
    return { id: membership.orgId, slug: membership.orgSlug, isAdmin }
  }
  if (membership) throw notAllowed()
  if (!isPlatformCaller(caller)) throw slug ? notFound("organisation") : notAllowed()
  if (!slug) throw new AppError("rejected", "x-dalgo-org is required to choose an organisation.")
  const org = await loadOrg(deps.db, { slug, now: deps.now() })
  if (!org) throw notFound("organisation")
  return { ...org, isAdmin: true }
}

/** `resolveOrg` for an organisation that the caller must administer. */
export const requireOrgAdmin = (deps: Deps, request: { caller: Caller; slug: string | undefined }) =>
  resolveOrg(deps, { ...request, needed: "admin" })

/**
 * The id of the organisation whose data a list may show; `undefined` means all, for a platform caller without
 * `orgSlug`. `chosenSlug` (from `x-dalgo-org`) does not narrow what a platform caller sees.
 */
export async function orgScopeFor(
  deps: Deps,
  { caller, chosenSlug, orgSlug }: { caller: Caller; chosenSlug: string | undefined; orgSlug: string | undefined },
): Promise<number | undefined> {
  const slug = isPlatformCaller(caller) ? orgSlug : orgSlug || chosenSlug
  if (!slug && isPlatformCaller(caller)) return undefined
  return (await requireOrgAdmin(deps, { caller, slug })).id
}
