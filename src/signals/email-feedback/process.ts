import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { log } from "../../runtime/log"
import { optOutNoticeKey } from "../../notifications/opt-out-notice"
import { publish } from "../../notifications/publish"
import * as preferences from "../../preferences/queries"
import type { EventResult, SignalSource } from "../events/source"
import { adminNotice, systemNotice } from "../system-announcement"
import { type EmailFeedback, parseEmailFeedback } from "./interpret"
import { COMPLAINT_MESSAGE, optOutMessage } from "./message"

export const emailFeedbackSource: SignalSource<EmailFeedback> = {
  parse: parseEmailFeedback,
  process: (deps, { event, signal }) => applyFeedback(deps, { event, feedback: signal }),
}

/**
 * Applies a bounce or a complaint. It may run twice: a switch is changed once, and the dedupe key of the notice names
 * that change.
 *
 * 1. Turn e-mail off for all members with the address.
 * 2. Tell each of them in their inbox. Their e-mail is off by then. Of a complaint, tell their admins too, without a name.
 */
async function applyFeedback(
  deps: Deps,
  { event, feedback }: { event: SignalEvent; feedback: EmailFeedback },
): Promise<EventResult> {
  const { id, receivedAt } = event
  if (feedback.kind === "ignore") return { kind: "done", status: "ignored", reason: feedback.reason }

  const { addresses, cause } = feedback
  const adminEmail = deps.config.ADMIN_EMAIL
  // ADMIN_EMAIL has no inbox for a notice, so that the log reports it.
  if (adminEmail && addresses.includes(adminEmail))
    log({ event: "platform_admin_address_bounced", signal_id: id, reason: cause })
  const [, people] = await deps.db.batch([
    preferences.insertEmailOptOuts(deps.db, { addresses, reason: cause, receivedAt, now: deps.now() }),
    preferences.selectEmailOptOuts(deps.db, { addresses }),
  ])
  for (const person of people) await notifyOfOptOut(deps, person)
  return { kind: "done", status: "processed", reason: people.length > 0 ? cause : "nobody" }
}

type OptedOut = Awaited<ReturnType<typeof preferences.selectEmailOptOuts>>[number]

async function notifyOfOptOut(deps: Deps, { orgUserId, orgId, email, reason, since }: OptedOut): Promise<void> {
  const isComplaint = reason === "complained"
  const message = optOutMessage({ cause: reason, email })
  await publish(deps, {
    // The organisation's history lists what belongs to it. A complaint belongs to the person.
    ...systemNotice({ orgId: isComplaint ? null : orgId, orgUserId, message }),
    dedupe: { key: optOutNoticeKey({ reason, orgUserId, since }) },
  })
  if (!isComplaint) return
  await publish(deps, {
    ...adminNotice({ orgId, message: COMPLAINT_MESSAGE }),
    dedupe: { key: `mail:complaint-told:${orgUserId}:${since}` },
  })
}
