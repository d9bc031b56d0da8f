import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { log } from "../../runtime/log"
import { publish } from "../../notifications/publish"
import * as preferences from "../../preferences/queries"
import { handleEvent, type EventResult } from "../events/handle"
import { systemNotice } from "../system-announcement"
import { parseEmailFeedback } from "./interpret"
import { optOutMessage } from "./message"

/**
 * Makes of a stored event what it means for those who have that address. It may run twice: nothing is switched twice,
 * and of each switching-off its reader is told once.
 *
 * 1. Switch e-mail off for all members with the address.
 * 2. Tell each of them in their inbox. Their e-mail is off by then.
 */
export const processEmailFeedback = (deps: Deps, { eventId }: { eventId: number }): Promise<void> =>
  handleEvent(deps, { eventId }, (event) => applyFeedback(deps, event))

async function applyFeedback(deps: Deps, { id, body, receivedAt }: SignalEvent): Promise<EventResult> {
  const said = parseEmailFeedback(body)
  if (!said) return { status: "failed", reason: "not_understood" }
  if (said.kind === "ignore") return { status: "ignored", reason: said.reason }

  const { addresses, cause } = said
  const operator = deps.config.ADMIN_EMAIL?.toLowerCase()
  // Nobody's inbox can say so.
  if (operator && addresses.includes(operator))
    log({ event: "platform_admin_address_bounced", signal_id: id, reason: cause })
  const [, people] = await deps.db.batch([
    preferences.insertEmailOptOuts(deps.db, { addresses, reason: cause, heardAt: receivedAt, now: deps.now() }),
    preferences.selectEmailOptOuts(deps.db, { addresses }),
  ])
  for (const { orgUserId, orgId, email, reason, since } of people) {
    await publish(deps, {
      ...systemNotice({ orgId, orgUserId, message: optOutMessage({ cause: reason, email }) }),
      dedupe: { key: `mail:${reason}:${orgUserId}:${since}` },
    })
  }
  return { status: "processed", reason: people.length > 0 ? cause : "nobody" }
}
