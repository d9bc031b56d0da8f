import { sign, verify } from "hono/jwt"
import * as z from "zod/mini"
import { CATEGORIES, type Category } from "../../domain/categories"

/**
 * A token does not expire, since an e-mail may be read years later. Other tokens signed with this secret have an `aud`, so
 * they are refused here.
 */
const Claims = z.object({ org_user_id: z.int(), category: z.enum(CATEGORIES), aud: z.optional(z.undefined()) })

export const unsubscribeToken = (secret: string, { orgUserId, category }: { orgUserId: number; category: Category }) =>
  sign({ org_user_id: orgUserId, category }, secret, "HS256")

/** The person and the category of a token; `undefined` if the signature or the claims are wrong. */
export async function verifyUnsubscribeToken(secret: string, token: string) {
  try {
    const claims = Claims.parse(await verify(token, secret, "HS256"))
    return { orgUserId: claims.org_user_id, category: claims.category }
  } catch {
    return undefined
  }
}
