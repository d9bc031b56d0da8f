import { sweepDeliveries } from "../delivery/outbox"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { sendDue } from "../notifications/send-scheduled"
import { reencryptWebhooks } from "../destinations/chat-webhooks/reencrypt"
import { purge } from "./purge"
import { sweepSignals } from "../signals/consumer"

const TASKS = { sendDue, sweepSignals, sweepDeliveries, purge, reencryptWebhooks }

/** Runs each minute. Each task may run twice at the same time, and a task that fails does not stop the others. */
export async function runCron(deps: Deps): Promise<void> {
  const runs = Object.entries(TASKS).map(async ([task, run]) => {
    try {
      await run(deps)
    } catch (error) {
      log({ event: "cron_task_failed", task, reason: errorName(error) })
    }
  })
  await Promise.all(runs)
}
