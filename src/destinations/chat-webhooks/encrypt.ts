import type { ChatProduct } from "../../domain/channels"
import { decryptSecret, encryptSecret } from "../../runtime/encrypt-secrets"

type Owner = { orgId: number; product: ChatProduct }

/** The additional authenticated data. It must never change: stored webhooks could not be decrypted any more. */
const aadOf = ({ orgId, product }: Owner) => ({ orgId, field: `${product}_webhook` })

/** Throws `MisconfiguredError`. */
export const encryptWebhook = (keys: string[], { webhook, ...owner }: Owner & { webhook: string }): Promise<string> =>
  encryptSecret(keys, webhook, aadOf(owner))

/** Throws `MisconfiguredError`. */
export const decryptWebhook = (keys: string[], { webhook, ...owner }: Owner & { webhook: string }): Promise<string> =>
  decryptSecret(keys, webhook, aadOf(owner))
