import type { ChatProduct } from "../../domain/channels"
import { commit } from "../../db/client"
import type { Deps } from "../../deps"
import { errorName, log } from "../../runtime/log"
import { seal, staleRanges, unseal } from "./seal"
import * as queries from "../../preferences/queries"

/** Of each kind of room, in one sweep. */
const MAX_PER_RUN = 20

type StoredWebhook = { orgId: number; webhook: string }

/**
 * Seals by today's key some webhooks that came from Dalgo in plain, or that an older key has sealed. Twice a minute
 * does no harm: each is exchanged for itself only.
 */
export async function resealWebhooks(deps: Deps): Promise<void> {
  const { db, config } = deps
  const keys = config.SECRETS_KEYS
  if (keys.length === 0) return
  const stale = (room: ChatProduct) =>
    queries.webhooksWithin(db, { room, ranges: staleRanges(keys), limit: MAX_PER_RUN })
  const [discord, slack] = await db.batch([stale("discord"), stale("slack")])
  if (discord.length + slack.length === 0) return
  await commit(db, [
    queries.exchangeWebhooks(db, { room: "discord", webhooks: await resealed(keys, "discord", discord) }),
    queries.exchangeWebhooks(db, { room: "slack", webhooks: await resealed(keys, "slack", slack) }),
  ])
}

async function resealed(keys: string[], room: ChatProduct, stored: StoredWebhook[]) {
  const each = stored.map(async ({ orgId, webhook }) => {
    const place = { orgId, column: `${room}_webhook` }
    try {
      return [{ orgId, webhook, sealed: await seal(keys, await unseal(keys, webhook, place), place) }]
    } catch (error) {
      log({ event: "webhook_reseal_failed", org_id: orgId, channel: room, reason: errorName(error) })
      return []
    }
  })
  return (await Promise.all(each)).flat()
}
