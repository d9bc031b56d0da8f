import type { Context } from "hono"
import { evictMembers, loadMemberships, type Membership } from "../auth/membership"
import { AppError } from "../runtime/errors"
import { PLATFORM_MARK } from "../runtime/platform"
import { forwardedCredentials } from "./forwarded-credentials"
import type { AppEnv } from "./router"

/**
 * The memberships of the person who sends the request. Where they are unknown here, or unknown in the organisation with
 * this slug, the platform is asked about them first, with the credentials that they sent. Throws `unavailable` if the
 * platform does not answer.
 */
export async function membershipsOf(
  c: Context<AppEnv>,
  { userId, slug }: { userId: string; slug: string | undefined },
): Promise<Membership[]> {
  const { deps } = c.var
  const load = () => loadMemberships(deps.db, { userId, now: deps.now() })
  const known = await load()
  if (isKnownIn(known, slug) || !deps.config.PLATFORM_ORIGIN || c.req.header(PLATFORM_MARK)) return known

  // Without the slug: for one that is not theirs, such as a remembered one, the platform refuses the whole answer.
  const credentials = await forwardedCredentials(c, { orgSlug: undefined })
  const lookup = await deps.provisionPerson({ userId, credentials })
  // Another isolate may have stored them while this one remembered that there are none.
  evictMembers([userId])
  const memberships = await load()
  const isSuperAdmin = memberships.some(({ role }) => role === "super-admin")
  if (lookup.kind === "unavailable" && !isKnownIn(memberships, slug) && !isSuperAdmin) {
    const { retryAfterSeconds } = lookup
    throw new AppError("unavailable", "your organisations cannot be looked up right now", { retryAfterSeconds })
  }
  return memberships
}

const isKnownIn = (memberships: Membership[], slug: string | undefined) =>
  slug ? memberships.some((membership) => membership.orgSlug === slug) : memberships.length > 0
