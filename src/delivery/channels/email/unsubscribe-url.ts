import type { Category } from "../../../domain/categories"
import type { Config } from "../../../runtime/config"
import { unsubscribeToken } from "../../../preferences/unsubscribe/token"

/** The link that ends this category's e-mail for this person; `undefined` where we have no address or no secret. */
export async function unsubscribeUrl(
  config: Config,
  whose: { orgUserId: number; category: Category },
): Promise<string | undefined> {
  const { PUBLIC_URL, UNSUBSCRIBE_SECRET } = config
  if (!PUBLIC_URL || !UNSUBSCRIBE_SECRET) return undefined
  return `${PUBLIC_URL}/unsubscribe?token=${await unsubscribeToken(UNSUBSCRIBE_SECRET, whose)}`
}
