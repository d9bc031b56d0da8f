import type { Notification } from "../db/schema"
import type { Deps } from "../deps"
import { AppError, MisconfiguredError, notAllowed } from "../runtime/errors"
import { requireOrgAdmin } from "../auth/authority"
import { type Caller, callerKey, idempotencyOwner, isPlatformCaller } from "../auth/caller"
import type { Audience } from "../domain/audience"
import { type NotificationLink, toUrlBelow } from "../domain/notification-link"
import { takesServiceName } from "../domain/service-name"
import { oneLine } from "../domain/text"
import type { Config } from "../runtime/config"
import { publish } from "./publish"
import { resolveRecipients } from "./resolve-recipients"
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
 * 1. Refuse a person who sends as the service, or what only a server may send.
 * 2. Resolve the audience. An admin may address their own organisation, a super-admin or a service key any.
 * 3. Refuse a time that is too far ahead, and a link that leads elsewhere than to the web app.
 * 4. Publish the notification, once per Idempotency-Key. `errors` names the recipients that there are not.
 */
export async function createNotification(
  deps: Deps,
  request: Request,
): Promise<{ notification: Notification; errors: string[] }> {
  const { caller, input, idempotency } = request
  if (caller.kind === "person") requirePersonsInput(caller, input)
  const { orgId, audience, errors = [] } = await audienceFor(deps, request)
  if (isTooFarAhead(input.scheduled_time, deps.now())) {
    throw new AppError("rejected", "A notification can be scheduled at most a year ahead.")
  }
  const link = input.link && toOwnLink(deps.config, input.link)
  const result = await publish(deps, {
    createdBy: callerKey(caller),
    orgId,
    audience,
    author: input.author,
    message: input.message,
    category: input.category,
    urgent: input.urgent,
    emailSubject: input.email_subject,
    scheduledAt: input.scheduled_time,
    skipEmail: input.skip_email ?? false,
    link,
    dedupe: idempotency && {
      key: `request:${JSON.stringify([idempotencyOwner(caller), orgId, idempotency.key])}`,
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
      return { notification: result.notification, errors }
  }
}

function requirePersonsInput(caller: Extract<Caller, { kind: "person" }>, input: CreateNotification): void {
  if (input.recipients || input.skip_email || input.link) {
    throw notAllowed()
  }
  const isOwnAddress = caller.memberships.some(({ email }) => email === input.author.toLowerCase())
  if (!isOwnAddress && takesServiceName(input.author)) {
    throw invalidField(
      ["author"],
      "only the service itself and servers may send as Dalgo: use your own name or address",
    )
  }
}

function toOwnLink({ FRONTEND_URL }: Config, { url: address, label }: NotificationLink): NotificationLink {
  if (!FRONTEND_URL) throw new MisconfiguredError("FRONTEND_URL is not set: a link leads to the web app")
  const url = toUrlBelow(FRONTEND_URL, address)
  if (!url) throw invalidField(["link", "url"], `not a page below ${FRONTEND_URL}, nor a path that begins with /`)
  return { url, label: oneLine(label) }
}

const invalidField = (path: string[], msg: string) =>
  new AppError("invalid", `${path.join(".")}: ${msg}`, { issues: [{ loc: ["body", ...path], msg, type: "custom" }] })

const isTooFarAhead = (scheduledAt: number | null | undefined, now: number) =>
  typeof scheduledAt === "number" && scheduledAt > now + MAX_AHEAD_MS

async function audienceFor(
  deps: Deps,
  { caller, chosenSlug, input }: Request,
): Promise<{ orgId: number | null; audience: Audience; errors?: string[] }> {
  if (input.recipients) {
    const { orgId, ids, unknown } = await resolveRecipients(deps, input.recipients)
    return { orgId, audience: { kind: "org_users", ids }, errors: unknown }
  }
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
    // The schema has made sure that there is one of the two.
    case null:
    case undefined:
      throw new Error("neither sent_to nor recipients")
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
