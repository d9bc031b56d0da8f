import { sign, verify } from "hono/jwt"
import * as z from "zod/mini"
import { CATEGORIES, type Category } from "../../domain/categories"

/**
 * A token does not expire, since an e-mail may be read years later. Other tokens signed with this secret have an `aud`, so
 * they are refused here.
 */
const Claims = z.object({
  org_user_id: z.int(),
  /** The other memberships for which the e-mail was sent. */
  others: z.optional(z.array(z.int())),
  category: z.enum(CATEGORIES),
  aud: z.optional(z.undefined()),
})

type Subscriptions = { orgUserIds: number[]; category: Category }

/** For one membership, or for all for which one e-mail was sent. */
export const unsubscribeToken = (secret: string, { orgUserIds, category }: Subscriptions) => {
  const [first, ...others] = orgUserIds
  return sign({ org_user_id: first, ...(others.length > 0 && { others }), category }, secret, "HS256")
}

/** The memberships and the category of a token; `undefined` if the signature or the claims are wrong. */
export async function verifyUnsubscribeToken(secret: string, token: string): Promise<Subscriptions | undefined> {
  try {
    const claims = Claims.parse(await verify(token, secret, "HS256"))
    return { orgUserIds: [claims.org_user_id, ...(claims.others ?? [])], category: claims.category }
  } catch {
    return undefined
  }
}
