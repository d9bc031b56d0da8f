import type { Category } from "../../../domain/categories"
import { unsubscribeToken } from "../../../preferences/unsubscribe/token"
import type { Config } from "../../../runtime/config"

/** SES takes at most 870 characters in a header. Nobody is in more organisations, as far as is known. */
const MAX_MEMBERSHIPS = 50

/**
 * The URL that turns this category's e-mail off for these memberships of one person; `undefined` without `PUBLIC_URL` or a
 * secret.
 */
export async function unsubscribeUrl(
  config: Config,
  { orgUserIds, category }: { orgUserIds: number[]; category: Category },
): Promise<string | undefined> {
  const { PUBLIC_URL, UNSUBSCRIBE_SECRET } = config
  if (!PUBLIC_URL || !UNSUBSCRIBE_SECRET) return undefined
  const token = await unsubscribeToken(UNSUBSCRIBE_SECRET, {
    orgUserIds: orgUserIds.slice(0, MAX_MEMBERSHIPS),
    category,
  })
  return `${PUBLIC_URL}/unsubscribe?token=${token}`
}
