import type { Category } from "../../../domain/categories"
import { unsubscribeToken } from "../../../preferences/unsubscribe/token"
import type { Config } from "../../../runtime/config"

/** The URL that turns this category's e-mail off for this person; `undefined` without `PUBLIC_URL` or a secret. */
export async function unsubscribeUrl(
  config: Config,
  subscription: { orgUserId: number; category: Category },
): Promise<string | undefined> {
  const { PUBLIC_URL, UNSUBSCRIBE_SECRET } = config
  if (!PUBLIC_URL || !UNSUBSCRIBE_SECRET) return undefined
  return `${PUBLIC_URL}/unsubscribe?token=${await unsubscribeToken(UNSUBSCRIBE_SECRET, subscription)}`
}
