import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { RETRY_DELAYS_MS } from "../../runtime/backoff"
import { isWithinShare } from "../../runtime/queue-lanes"
import { finishPublishedEvent } from "../events/queries"
import { toEventResult } from "../events/publish-result"
import { attemptNumber, type EventResult, type SignalSource } from "../events/source"
import type { OrgWithSettings } from "../system-announcement"
import { alertPrefectApi, type PrefectTrouble } from "./alert-prefect-api"
import { attemptOf } from "./attempt"
import { describeFailure } from "./describe-failure"
import { type FetchedRun, fetchRun } from "./fetch-run"
import { findOrg } from "./find-org"
import { couldBeFailure, isOutdated, judge, type Verdict } from "./judge"
import type { RunEvent } from "./parse/run-event"
import { publishRunFailure } from "./publish-failure"
import { selectFlowRun, upsertFlowRun } from "./queries"
import type { Deployment, FlowRun } from "./schemas"
import { typeOfQuietEnd } from "./states"
import { hadCompleted } from "./steps"
import { parseStoredBody } from "./stored-body"
import { alertToldElsewhere, alertUnknownOrg } from "./unknown-org"

/** Delays between attempts while Prefect refuses us or is away, for events that cannot be judged without it. */
const RETRY_PREFECT_MS = [5_000, ...RETRY_DELAYS_MS]
/** An event that tells all is published after the second try at the latest: within a minute. */
const MAX_DELAY_WITH_EMBEDDED_MS = 30_000
/** Seconds after Crashed, Prefect may have decided to run it again. */
const CRASHED_HOLD_MS = 10_000

export const prefectSource: SignalSource<RunEvent> = {
  parse: parseStoredBody,
  process: async (deps, { event, signal }) => ({
    ...(await processRunEvent(deps, { event, runEvent: signal })),
    logFields: { flow_run_id: signal.flowRunId },
  }),
}

type Processing = { event: SignalEvent; runEvent: RunEvent; fetched: FetchedRun; run: FlowRun | undefined }

/**
 * Processes the event that a run entered a state. It may run twice: the dedupe key allows one notification.
 *
 * 1. If the event may be a failure, fetch the run. If Prefect is away, try once more. Where Prefect does not give the
 *    run, take the run as the event describes it.
 * 2. Judge the event. A run that may be retried is looked at again later.
 * 3. Find the run's organisation. If that is not possible without Prefect, try again later. If there is none, tell the
 *    platform admins. The event stays `failed`, so that it can be processed again once the organisation exists.
 * 4. If the organisation was not known when the event came, and has used up its share of the queue, leave the event to the
 *    bulk lane.
 * 5. Publish the failure. The notification, the flow run and the end of the event are one batch.
 */
async function processRunEvent(
  deps: Deps,
  { event, runEvent }: { event: SignalEvent; runEvent: RunEvent },
): Promise<EventResult> {
  if (!couldBeFailure(runEvent)) return ignoreEvent(deps, { event, runEvent })
  const { flowRunId, embedded } = runEvent
  const fetched = await fetchRun(deps, { flowRunId, isOptional: embedded !== undefined })
  if (isTrouble(fetched)) {
    const isFirstOutage = fetched.kind === "unavailable" && attemptNumber(event) === 1
    if (isFirstOutage) return retryPrefect(deps, { event, fetched, maxDelayMs: embedded && MAX_DELAY_WITH_EMBEDDED_MS })
    await alertPrefectApi(deps, fetched)
  }
  const run = fetched.kind === "found" ? fetched.run : embedded?.run
  const processing = { event, runEvent, fetched, run }
  const verdict = judge(runEvent, run, { receivedAt: event.receivedAt, now: deps.now() })
  switch (verdict.kind) {
    case "ignore":
      return { kind: "done", status: "ignored", reason: verdict.reason }
    case "hold":
      return { kind: "later", dueAt: verdict.until, reason: verdict.reason, isWait: true }
    case "job_failure":
    case "unknown_organisation":
    case "unknown_state":
      return handleFailure(deps, processing, verdict)
  }
}

const isTrouble = (fetched: FetchedRun): fetched is PrefectTrouble =>
  fetched.kind === "refused" || fetched.kind === "unavailable"

/** Asks Prefect again later. After the last attempt, the event counts as one that Prefect knows nothing of. */
function retryPrefect(
  deps: Deps,
  { event, fetched, maxDelayMs }: { event: SignalEvent; fetched: PrefectTrouble; maxDelayMs?: number | undefined },
): Promise<EventResult> | EventResult {
  const delayMs = RETRY_PREFECT_MS[attemptNumber(event) - 1] ?? 0
  const askedMs = fetched.kind === "unavailable" ? (fetched.retryAfterMs ?? 0) : 0
  const waitMs = Math.min(Math.max(delayMs, askedMs), maxDelayMs ?? Number.POSITIVE_INFINITY)
  return { kind: "later", dueAt: deps.now() + waitMs, reason: fetched.reason }
}

/**
 * Ignores an event that is not a failure. Where it says that the run has ended well, or was cancelled, that is stored, so
 * that a failure of before which arrives later is recognised as outdated.
 */
async function ignoreEvent(
  deps: Deps,
  { event, runEvent }: { event: SignalEvent; runEvent: RunEvent },
): Promise<EventResult> {
  const { isSubflow, stateName, flowRunId: id, embedded } = runEvent
  if (isSubflow) return { kind: "done", status: "ignored", reason: "not_top_level" }
  const stateType = typeOfQuietEnd(stateName)
  if (stateType) {
    const run = embedded?.run ?? { id, name: id, state_name: stateName, tags: [] }
    const state = { timestamp: event.receivedAt, ...run.state }
    const ended = { ...run, state_type: stateType, state }
    await upsertFlowRun(deps.db, { run: ended, deployment: embedded?.deployment, orgId: undefined, now: deps.now() })
  }
  return { kind: "done", status: "ignored", reason: "not_a_failure" }
}

type FailureVerdict = Extract<Verdict, { kind: "job_failure" | "unknown_organisation" | "unknown_state" }>

async function handleFailure(deps: Deps, processing: Processing, verdict: FailureVerdict): Promise<EventResult> {
  const { event, runEvent, fetched, run } = processing
  const stateName = verdict.kind === "job_failure" ? verdict.stateName : runEvent.stateName
  const attempt = run ? attemptOf(run) : { flowRunId: runEvent.flowRunId, runCount: 0, failedAt: undefined }
  const [[stored], found] = await Promise.all([
    selectFlowRun(deps.db, { id: attempt.flowRunId }),
    run ? findOrg(deps, run) : { kind: "unknown" as const },
  ])
  const isFetched = fetched.kind === "found"
  if (run && stored && isOutdated(run, { stored, isFetched }))
    return { kind: "done", status: "ignored", reason: "no_longer_failed" }

  if (found.kind !== "found") {
    if (isTrouble(fetched) && attemptNumber(event) <= RETRY_PREFECT_MS.length)
      return retryPrefect(deps, { event, fetched })
    if (verdict.kind === "unknown_state") return { kind: "done", status: "failed", reason: "unknown_state" }
    const eventDeployment = runEvent.embedded?.deployment
    const canAskPrefect = !isTrouble(fetched)
    await alertUnknownOrg(deps, { attempt, run, eventDeployment, stateName, found, canAskPrefect })
    return { kind: "done", status: "failed", reason: `${found.kind}_organisation` }
  }
  const heldUntil = event.receivedAt + CRASHED_HOLD_MS
  const isHeld =
    run?.state_type === "CRASHED" && (isFetched || fetched.kind === "unavailable") && deps.now() < heldUntil
  if (isHeld) return { kind: "later", dueAt: heldUntil, reason: "crashed_just_now", isWait: true }
  const { org } = found
  if (event.orgId !== org.id && !(await isWithinShare(deps, { kind: "prefect", orgId: org.id })))
    return { kind: "beyond_share", orgId: org.id }
  return run
    ? publishFailure(deps, { ...processing, run, stateName, org })
    : { kind: "done", status: "failed", reason: "unknown_organisation" }
}

type OrgFailure = Omit<Processing, "run"> & { run: FlowRun; stateName: string; org: OrgWithSettings }

async function publishFailure(deps: Deps, failure: OrgFailure): Promise<EventResult> {
  const { event, runEvent, fetched, run, stateName, org } = failure
  const eventDeployment: Deployment | undefined = runEvent.embedded?.deployment
  const canAskPrefect = !isTrouble(fetched)
  const {
    deployment,
    failure: described,
    logRunIds,
    graph,
  } = await describeFailure(deps, {
    run,
    org,
    eventDeployment,
    canAskPrefect,
  })
  if (run.state_type === "CRASHED" && graph && hadCompleted(graph))
    return { kind: "done", status: "ignored", reason: "crashed_after_completion" }
  const now = deps.now()
  const upsertRun = upsertFlowRun(deps.db, { run, deployment, orgId: org.id, now })
  const attempt = attemptOf(run)
  const published = await publishRunFailure(deps, {
    attempt,
    stateName,
    org,
    failure: described,
    run,
    logRunIds,
    alongside: (publicationId) => [upsertRun, finishPublishedEvent(deps.db, { id: event.id, publicationId, now })],
  })
  if (published.kind === "told_elsewhere") {
    await alertToldElsewhere(deps, { attempt, stateName, org, failure: described, run })
    return { kind: "done", status: "failed", reason: "told_to_another_organisation" }
  }
  // The first report of this failure may have come while Prefect was unavailable, without the run.
  if (published.kind === "already") await upsertRun
  return toEventResult(published)
}
