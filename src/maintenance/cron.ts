import { sweepDeliveries } from "../delivery/outbox"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { sendDue } from "../notifications/send-scheduled"
import { reencryptWebhooks } from "../destinations/chat-webhooks/reencrypt"
import * as queries from "./health-queries"
import { purge } from "./purge"
import { sweepSignals } from "../signals/consumer"

/** Loaded on first use, since nearly nobody asks to be erased. */
const continueErasures = async (deps: Deps) => (await import("../orgs/erase-member")).continueErasures(deps)

const TASKS = { sendDue, sweepSignals, sweepDeliveries, purge, reencryptWebhooks, continueErasures }

/**
 * Runs each minute. Each task may run twice at the same time, and a task that fails does not stop the others. The run is
 * recorded at its end, so that `GET /healthz` also tells of runs that never get there.
 */
export async function runCron(deps: Deps): Promise<void> {
  const ranAt = deps.now()
  const failed = await Promise.all(Object.entries(TASKS).map(([task, run]) => runTask(deps, { task, run })))
  const failedTasks = failed.filter((task) => task !== undefined)
  await runTask(deps, { task: "recordRun", run: async ({ db }) => queries.upsertCronRun(db, { ranAt, failedTasks }) })
}

/** Returns the name of a task that failed. */
async function runTask(
  deps: Deps,
  { task, run }: { task: string; run: (deps: Deps) => Promise<unknown> },
): Promise<string | undefined> {
  try {
    await run(deps)
    return undefined
  } catch (error) {
    log({ event: "cron_task_failed", task, reason: errorName(error) })
    return task
  }
}
