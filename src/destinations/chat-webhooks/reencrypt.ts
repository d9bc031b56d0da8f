import { type ChatProduct, CHAT_PRODUCTS } from "../../domain/channels"
import type { Deps } from "../../deps"
import { outdatedRanges } from "../../runtime/encrypt-secrets"
import { errorName, log } from "../../runtime/log"
import { decryptWebhook, encryptWebhook } from "./encrypt"
import * as queries from "./queries"

const MAX_PER_PRODUCT = 20

type StoredWebhook = { orgId: number; product: ChatProduct; webhook: string }

/**
 * Encrypts with the first key some webhooks that are in plain text, as Dalgo stored them, or encrypted with an older
 * key. Concurrent runs are safe: each row is replaced only if it still has the value that was read.
 */
export async function reencryptWebhooks({ db, config }: Deps): Promise<void> {
  const keys = config.SECRETS_KEYS
  if (keys.length === 0) return
  const ranges = outdatedRanges(keys)
  const select = (product: ChatProduct) =>
    queries.selectWebhooksInRanges(db, { product, ranges, limit: MAX_PER_PRODUCT })
  const [first, ...others] = CHAT_PRODUCTS
  const outdated = (await db.batch([select(first), ...others.map(select)])).flat()
  if (outdated.length === 0) return
  const replacements = await Promise.all(outdated.map((stored) => reencrypt(keys, stored)))
  await queries.replaceWebhooks(db, { replacements: replacements.filter((one) => one !== undefined) })
}

async function reencrypt(keys: string[], stored: StoredWebhook) {
  const { orgId, product } = stored
  try {
    const webhook = await decryptWebhook(keys, stored)
    return { ...stored, encrypted: await encryptWebhook(keys, { orgId, product, webhook }) }
  } catch (error) {
    log({ event: "webhook_reencryption_failed", org_id: orgId, channel: product, reason: errorName(error) })
    return undefined
  }
}
