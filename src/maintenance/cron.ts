import { sweepDeliveries } from "../delivery/outbox"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { sendDue } from "../notifications/send-scheduled"
import { resealWebhooks } from "../destinations/chat-webhooks/reseal"
import { purge } from "./purge"
import { sweepSignals } from "../signals/consumer"

/** Runs each minute. Each task may run twice at the same time, and a task that fails does not stop the others. */
export async function runCron(deps: Deps): Promise<void> {
  const tasks = await Promise.allSettled([
    sendDue(deps),
    sweepSignals(deps),
    sweepDeliveries(deps),
    purge(deps),
    resealWebhooks(deps),
  ])
  for (const task of tasks) {
    if (task.status === "rejected") log({ event: "sweep_failed", reason: errorName(task.reason) })
  }
}
