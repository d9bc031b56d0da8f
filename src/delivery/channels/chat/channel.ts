import { ROOM_NAME } from "../../../domain/channels"
import type { Deps } from "../../../deps"
import { kindOf, log } from "../../../runtime/log"
import { unseal } from "../../../destinations/chat-webhooks/seal"
import { DeliveryError } from "../../retry"
import type { Channel } from "../channel"
import { noteOf } from "./content"
import { type Manner, post, RoomGoneError } from "./post"
import * as queries from "./queries"

/** When the sweep takes word of a room that is gone, if its hint was lost. */
const SWEEP_AFTER_MS = 30_000

/** Messages to organisations, each in its own room. One that is gone is switched off, and its admins hear of it. */
export const roomChannel =
  (manner: Manner): Channel =>
  async (deps, { notification, recipientIds }) => {
    const { room } = manner
    const { SECRETS_KEYS, FRONTEND_URL } = deps.settings
    const rooms = await queries.roomsOf(deps.db, { room, orgIds: recipientIds })
    return async (orgId) => {
      const told = rooms.find((one) => one.orgId === orgId)
      if (!told) return { kind: "suppressed", reason: `${ROOM_NAME[room]} is switched off for this organisation` }
      // Its admins may send it again, by another webhook.
      if (!told.isOn)
        throw new DeliveryError(`${ROOM_NAME[room]} was switched off: ${told.whyGone ?? "the webhook is gone"}`, {
          permanent: true,
        })
      const webhook = await unseal(SECRETS_KEYS, told.webhook, { orgId, column: `${room}_webhook` })
      const inboxUrl = FRONTEND_URL && `${FRONTEND_URL}/notifications`
      try {
        const note = noteOf({ ...notification, orgName: told.orgName, inboxUrl })
        return { kind: "sent", providerId: await post(manner, webhook, note) }
      } catch (error) {
        if (error instanceof RoomGoneError)
          await switchOff(deps, { room, orgId, webhook: told.webhook, why: error.why })
        throw error
      }
    }
  }

type Gone = { room: Manner["room"]; orgId: number; webhook: string; why: string }

/** Of several that find the room gone, the first switches it off and leaves word. */
async function switchOff(deps: Deps, { why, ...told }: Gone): Promise<void> {
  const now = deps.now()
  const [left] = await deps.db.batch([
    queries.leaveWord(deps.db, { ...told, now, dueAt: now + SWEEP_AFTER_MS }),
    queries.switchOff(deps.db, { ...told, now, why }),
  ])
  for (const { id } of left) {
    await deps.signals.send({ kind: "room_gone", eventId: id }).catch((error) => {
      log({ event: "hint_lost", signal_id: id, reason: kindOf(error) })
    })
  }
}
