import type { Deps } from "../deps"
import { selectNamedMembers } from "./recipient-queries"
import type { Recipient } from "./schemas"

/**
 * The members that a server names. Of several organisations, the notification spans organisations (`orgId` is null): this
 * depends on the request alone, so that a repeated request has the same. `unknown` has a sentence for each person who is no
 * member. One round trip.
 */
export async function resolveRecipients({ db }: Deps, recipients: Recipient[]) {
  const named = await selectNamedMembers(db, { recipients })
  const [first, ...others] = new Set(recipients.map(({ org_slug }) => org_slug))
  return {
    orgId: first !== undefined && others.length === 0 ? (named[0]?.orgId ?? null) : null,
    ids: named.flatMap(({ orgUserId }) => orgUserId ?? []),
    unknown: named.flatMap(({ orgUserId, orgId, slug, userId }) => {
      if (orgUserId !== null) return []
      return orgId === null ? `There is no organisation ${slug}.` : `The person ${userId} is not a member of ${slug}.`
    }),
  }
}
