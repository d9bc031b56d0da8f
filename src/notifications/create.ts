import type { Deps } from "../deps"
import { AppError, notAllowed } from "../runtime/errors"
import { requireOrgAdmin } from "../auth/authority"
import { type Caller, idempotencyOwner, isPlatformCaller } from "../auth/caller"
import type { Audience } from "../domain/audience"
import { publish } from "./publish"
import type { CreateNotification } from "./schemas"

const DAY_MS = 24 * 60 * 60 * 1000
const IDEMPOTENCY_WINDOW_MS = DAY_MS
/** A year, also a leap year. */
const MAX_AHEAD_MS = 366 * DAY_MS

type Request = {
  caller: Caller
  /** The header `x-dalgo-org`. */
  chosenSlug: string | undefined
  input: CreateNotification
  idempotency: { key: string; requestHash: string } | undefined
}

/**
 * Creates a notification for a caller.
 *
 * 1. Resolve the audience. An admin may address their own organisation, a super-admin or a service key any.
 * 2. Refuse a time that is too far ahead.
 * 3. Publish the notification, once per Idempotency-Key.
 */
export async function createNotification(deps: Deps, request: Request) {
  const { input, idempotency } = request
  const { orgId, audience } = await audienceFor(deps, request)
  if (isTooFarAhead(input.scheduled_time, deps.now())) {
    throw new AppError("rejected", "A notification can be scheduled at most a year ahead.")
  }
  const result = await publish(deps, {
    orgId,
    audience,
    author: input.author,
    message: input.message,
    category: input.category,
    urgent: input.urgent,
    emailSubject: input.email_subject,
    scheduledAt: input.scheduled_time,
    dedupe: idempotency && {
      key: `request:${JSON.stringify([idempotencyOwner(request.caller), orgId, idempotency.key])}`,
      forMs: IDEMPOTENCY_WINDOW_MS,
      requestHash: idempotency.requestHash,
    },
  })
  switch (result.kind) {
    case "no_recipients":
      throw new AppError("rejected", "No users found for the given information")
    case "conflict":
      throw new AppError("conflict", "this Idempotency-Key was used with another body")
    case "already":
    case "published":
      return result.notification
  }
}

const isTooFarAhead = (scheduledAt: number | null | undefined, now: number) =>
  typeof scheduledAt === "number" && scheduledAt > now + MAX_AHEAD_MS

async function audienceFor(
  deps: Deps,
  { caller, chosenSlug, input }: Request,
): Promise<{ orgId: number | null; audience: Audience }> {
  const adminsOnly = input.manager_or_above
  const orgIdOf = async (slug: string) => (await requireOrgAdmin(deps, { caller, slug })).id

  switch (input.sent_to) {
    case "all_users":
      if (!isPlatformCaller(caller)) throw notAllowed()
      return { orgId: null, audience: { kind: "everyone", adminsOnly } }
    case "all_org_users": {
      if (!input.org_slug) {
        throw new AppError("rejected", "org_slug is required to sent notification to all org users.")
      }
      const orgId = await orgIdOf(input.org_slug)
      return { orgId, audience: { kind: "org", orgId, adminsOnly } }
    }
    case "single_user": {
      const email = input.user_email
      if (!email) throw new AppError("rejected", "user email is required to sent notification to a user.")
      const slug = input.org_slug || (isPlatformCaller(caller) ? undefined : chosenSlug || firstOrgOf(caller))
      const orgId = slug ? await orgIdOf(slug) : null
      return { orgId, audience: { kind: "email", email, orgId, adminsOnly: false } }
    }
  }
}

const firstOrgOf = (caller: Caller) => (caller.kind === "person" ? caller.memberships[0]?.orgSlug : undefined)
