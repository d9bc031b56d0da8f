import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { log } from "../../runtime/log"
import { publish } from "../../notifications/publish"
import * as preferences from "../../preferences/queries"
import type { EventResult, SignalSource } from "../events/source"
import { systemNotice } from "../system-announcement"
import { type EmailFeedback, parseEmailFeedback } from "./interpret"
import { optOutMessage } from "./message"

export const emailFeedbackSource: SignalSource<EmailFeedback> = {
  parse: parseEmailFeedback,
  process: (deps, { event, signal }) => applyFeedback(deps, { event, feedback: signal }),
}

/**
 * Applies a bounce or a complaint. It may run twice: a switch is changed once, and the dedupe key of the notice names
 * that change.
 *
 * 1. Turn e-mail off for all members with the address.
 * 2. Tell each of them in their inbox. Their e-mail is off by then.
 */
async function applyFeedback(
  deps: Deps,
  { event, feedback }: { event: SignalEvent; feedback: EmailFeedback },
): Promise<EventResult> {
  const { id, receivedAt } = event
  if (feedback.kind === "ignore") return { kind: "done", status: "ignored", reason: feedback.reason }

  const { addresses, cause } = feedback
  const adminEmail = deps.config.ADMIN_EMAIL?.toLowerCase()
  // ADMIN_EMAIL has no inbox for a notice, so that the log reports it.
  if (adminEmail && addresses.includes(adminEmail))
    log({ event: "platform_admin_address_bounced", signal_id: id, reason: cause })
  const [, people] = await deps.db.batch([
    preferences.insertEmailOptOuts(deps.db, { addresses, reason: cause, receivedAt, now: deps.now() }),
    preferences.selectEmailOptOuts(deps.db, { addresses }),
  ])
  for (const { orgUserId, orgId, email, reason, since } of people) {
    await publish(deps, {
      ...systemNotice({ orgId, orgUserId, message: optOutMessage({ cause: reason, email }) }),
      dedupe: { key: `mail:${reason}:${orgUserId}:${since}` },
    })
  }
  return { kind: "done", status: "processed", reason: people.length > 0 ? cause : "nobody" }
}
