import { sweepDeliveries } from "../delivery/outbox"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { sendDue } from "../notifications/send-scheduled"
import { resealWebhooks } from "../destinations/chat-webhooks/reseal"
import { purge } from "./purge"
import { sweepSignals } from "../signals/consumer"

/** What the cron does each minute. Each part may run twice, and none keeps another from running. */
export async function runCron(deps: Deps): Promise<void> {
  const parts = await Promise.allSettled([
    sendDue(deps),
    sweepSignals(deps),
    sweepDeliveries(deps),
    purge(deps),
    resealWebhooks(deps),
  ])
  for (const part of parts) {
    if (part.status === "rejected") log({ event: "sweep_failed", reason: errorName(part.reason) })
  }
}
