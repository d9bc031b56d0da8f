import { sign, verify } from "hono/jwt"
import * as z from "zod/mini"
import { CATEGORIES, type Category } from "../../domain/categories"

/**
 * Whose e-mail of which category a link ends. It does not expire: a mail may be read years later. What the same secret
 * signs for anything else has an audience.
 */
const Claims = z.object({ org_user_id: z.int(), category: z.enum(CATEGORIES), aud: z.optional(z.undefined()) })

/** A token that only we can make, for this person and category and for nothing else. */
export const unsubscribeToken = (secret: string, { orgUserId, category }: { orgUserId: number; category: Category }) =>
  sign({ org_user_id: orgUserId, category }, secret, "HS256")

/** What the token is for; `undefined` if we did not make it. */
export async function verifyUnsubscribeToken(secret: string, token: string) {
  try {
    const claims = Claims.parse(await verify(token, secret, "HS256"))
    return { orgUserId: claims.org_user_id, category: claims.category }
  } catch {
    return undefined
  }
}
