import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { log } from "../../log"
import { publish } from "../../notifications/publish"
import * as preferences from "../../preferences/queries"
import { inOwnVoiceToOne } from "../own-voice"
import { MOST_TRIES, putOff } from "../put-off"
import * as signals from "../queries"
import { readMailEvent } from "./interpret"
import { mailTroubleWords } from "./words"

const LEASE_MS = 2 * 60_000

type Result = { status: SignalEvent["status"]; reason: string }

/**
 * Makes of a stored event what it means for those who have that address. It may run twice: nothing is switched twice,
 * and of each switching-off its reader is told once.
 *
 * 1. Claim the event.
 * 2. Switch e-mail off for all members with the address.
 * 3. Tell each of them in their inbox. Their e-mail is off by then.
 */
export async function processMailEvent(deps: Deps, { eventId }: { eventId: number }): Promise<void> {
  const { db } = deps
  const [event] = await signals.claimEvent(db, { id: eventId, now: deps.now(), leaseMs: LEASE_MS })
  if (!event) return
  const result = await understand(deps, event).catch(putOff(deps, event))
  await signals.finishEvent(db, { id: eventId, ...result, now: deps.now() })
  log({
    event: result.status === "failed" ? "signal_failed" : "signal_processed",
    signal_id: eventId,
    source: "mail_event",
    reason: result.reason,
  })
}

async function understand(deps: Deps, { id, body, attempts, receivedAt }: SignalEvent): Promise<Result> {
  if (attempts > MOST_TRIES) return { status: "failed", reason: "given_up" }
  const said = readMailEvent(body)
  if (!said) return { status: "failed", reason: "not_understood" }
  if (said.kind === "ignore") return { status: "ignored", reason: said.reason }

  const { addresses, reason } = said
  const operator = deps.settings.ADMIN_EMAIL?.toLowerCase()
  // Nobody's inbox can say so.
  if (operator && addresses.includes(operator)) log({ event: "operator_address_bounced", signal_id: id, reason })
  const [, people] = await deps.db.batch([
    preferences.switchMailOff(deps.db, { addresses, reason, heardAt: receivedAt, now: deps.now() }),
    preferences.withMailTrouble(deps.db, { addresses }),
  ])
  for (const { orgUserId, orgId, email, ...off } of people) {
    await publish(deps, {
      ...inOwnVoiceToOne({ orgId, orgUserId, message: mailTroubleWords({ reason: off.reason, email }) }),
      dedupe: { key: `mail:${off.reason}:${orgUserId}:${off.since}` },
    })
  }
  return { status: "processed", reason: people.length > 0 ? reason : "nobody" }
}
