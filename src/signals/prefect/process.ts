import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { RETRY_DELAYS_MS } from "../../runtime/backoff"
import { isWithinShare } from "../../runtime/queue-lanes"
import { finishPublishedEvent } from "../events/queries"
import { toEventResult } from "../events/publish-result"
import type { EventResult, SignalSource } from "../events/source"
import type { OrgWithSettings } from "../system-announcement"
import { describeFailure } from "./describe-failure"
import { fetchRun } from "./fetch-run"
import { findOrg } from "./find-org"
import { couldBeFailure, judge } from "./judge"
import { parseBody } from "./parse/body"
import type { RunEvent } from "./parse/run-event"
import { publishRunFailure } from "./publish-failure"
import { upsertFlowRun } from "./queries"
import type { Deployment, FlowRun } from "./schemas"
import { alertUnknownOrg } from "./unknown-org"

/** Delays between attempts while Prefect is unavailable. After the last attempt, the run is taken from the event. */
const UNAVAILABLE_DELAYS_MS = [5_000, ...RETRY_DELAYS_MS]

export const prefectSource: SignalSource<RunEvent> = {
  parse: parseBody,
  process: async (deps, { event, signal }) => ({
    ...(await processRunEvent(deps, { event, runEvent: signal })),
    logFields: { flow_run_id: signal.flowRunId },
  }),
}

/**
 * Processes the event that a run entered a state. It may run twice: the dedupe key allows one notification.
 *
 * 1. If the event may be a failure, fetch the run. While Prefect is unavailable, try again later; after the last
 *    attempt, or where Prefect does not have the run, take the run as the event describes it.
 * 2. Judge the event.
 * 3. Find the run's organisation. If there is none, tell the platform admins. The event stays `failed`, so that it can
 *    be processed again once the organisation exists.
 * 4. If the organisation was not known when the event came, and has used up its share of the queue, leave the event to the
 *    bulk lane.
 * 5. Publish the failure. The notification, the flow run and the end of the event are one batch.
 */
async function processRunEvent(
  deps: Deps,
  { event, runEvent }: { event: SignalEvent; runEvent: RunEvent },
): Promise<EventResult> {
  const { flowRunId, embedded } = runEvent
  const fetched = couldBeFailure(runEvent) ? await fetchRun(deps, { flowRunId }) : undefined
  if (fetched?.kind === "unavailable") {
    const delayMs = UNAVAILABLE_DELAYS_MS[event.attempts - 1]
    if (delayMs !== undefined) return { kind: "later", dueAt: deps.now() + delayMs, reason: fetched.reason }
  }
  const run = fetched?.kind === "found" ? fetched.run : embedded?.run

  const verdict = judge(runEvent, run)
  if (verdict.kind === "ignore") return { kind: "done", status: "ignored", reason: verdict.reason }

  const stateName = verdict.kind === "job_failure" ? verdict.stateName : runEvent.stateName
  const eventDeployment = embedded?.deployment
  const org = run && (await findOrg(deps, run))
  if (!run || !org) {
    await alertUnknownOrg(deps, { flowRunId, run, eventDeployment, stateName })
    return { kind: "done", status: "failed", reason: "unknown_organisation" }
  }
  if (event.orgId !== org.id && !(await isWithinShare(deps, { kind: "prefect", orgId: org.id })))
    return { kind: "beyond_share", orgId: org.id }
  return publishFailure(deps, { eventId: event.id, run, eventDeployment, stateName, org })
}

type OrgFailure = {
  eventId: number
  run: FlowRun
  eventDeployment: Deployment | undefined
  stateName: string
  org: OrgWithSettings
}

async function publishFailure(deps: Deps, failure: OrgFailure): Promise<EventResult> {
  const { eventId, run, eventDeployment, stateName, org } = failure
  const now = deps.now()
  const { deployment, message, logRunIds } = await describeFailure(deps, { run, eventDeployment, stateName })
  const upsertRun = upsertFlowRun(deps.db, { run, deployment, orgId: org.id, now })
  const published = await publishRunFailure(deps, {
    flowRunId: run.id,
    stateName,
    org,
    message,
    run,
    logRunIds,
    alongside: (publicationId) => [upsertRun, finishPublishedEvent(deps.db, { id: eventId, publicationId, now })],
  })
  // The first report of this failure may have come while Prefect was unavailable, without the run.
  if (published.kind === "already") await upsertRun
  return toEventResult(published)
}
