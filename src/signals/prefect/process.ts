import type { Deps } from "../../deps"
import { log } from "../../runtime/log"
import * as orgs from "../../orgs/queries"
import type { OrgWithSettings } from "../system-announcement"
import { MAX_ATTEMPTS, postponeOnError } from "../events/backoff"
import * as signals from "../events/queries"
import { fetchRun, describeFailure } from "./fetch-run"
import { parseBody } from "./parse/body"
import { candidateSlugs, judge, couldBeFailure, type RunEvent } from "./interpret"
import { alertUnknownOrg } from "./unknown-org"
import * as queries from "./queries"
import { publishRunFailure } from "./publish-failure"
import type { Deployment, FlowRun } from "./schemas"

/** Longer than Prefect may take for everything we ask. */
const LEASE_MS = 2 * 60_000
/** How long after each try that Prefect did not answer. An event that nobody could ask about concerns nobody. */
const RETRY_DELAYS_MS = [5_000, 30_000, 2 * 60_000, 10 * 60_000, 30 * 60_000, 2 * 3_600_000, 6 * 3_600_000]

/** What became of an event, for the log and the row. */
type PrefectResult =
  | { status: "processed"; reason: "published" | "known_already" | "nobody" }
  | { status: "ignored"; reason: string }
  | { status: "failed"; reason: string }

/**
 * Makes of a stored event what it means. It may run twice: the claim lets one work at a time, and the run's dedupe
 * key lets one notification be made.
 *
 * 1. Claim the event.
 * 2. Ask Prefect for the run, if the event may be a failure; where it does not tell, take what the event itself told.
 * 3. Judge, and find whose run it is. Of one that is nobody's here, those who run the platform are told, and the event
 *    stays: its organisation is told when it is known, and the event is taken up again.
 * 4. Say it: the notification, the record of the run and the end of the event are one batch.
 */
export async function processPrefectEvent(deps: Deps, { eventId }: { eventId: number }): Promise<void> {
  const { db } = deps
  const [event] = await signals.claimEvent(db, { id: eventId, now: deps.now(), leaseMs: LEASE_MS })
  if (!event) return
  const said = parseBody(event.body)
  const result = await evaluate(deps, { said, eventId, attempts: event.attempts }).catch(postponeOnError(deps, event))
  if (result === "later") return
  await signals.finishEvent(db, { id: eventId, ...result, now: deps.now() })
  log({
    event: result.status === "failed" ? "signal_failed" : "signal_processed",
    signal_id: eventId,
    reason: result.reason,
    ...(said && { flow_run_id: said.flowRunId }),
  })
}

async function evaluate(
  deps: Deps,
  { said, eventId, attempts }: { said: RunEvent | undefined; eventId: number; attempts: number },
): Promise<PrefectResult | "later"> {
  if (attempts > MAX_ATTEMPTS) return { status: "failed", reason: "given_up" }
  if (!said) return { status: "failed", reason: "not_understood" }
  const answer = couldBeFailure(said) ? await fetchRun(deps, said) : { kind: "absent" as const }
  if (answer.kind === "silent") {
    const patience = RETRY_DELAYS_MS[attempts - 1]
    if (patience !== undefined) return postpone(deps, { eventId, patience, reason: answer.reason })
  }
  const run = answer.kind === "run" ? answer.run : said.embedded?.run

  const verdict = judge(said, run)
  if (verdict.kind === "ignore") return { status: "ignored", reason: verdict.reason }
  const { stateName } = verdict.kind === "job_failure" ? verdict : said
  const told = said.embedded?.deployment
  const org = run && (await findOrg(deps, run))
  if (!run || !org) {
    await alertUnknownOrg(deps, { flowRunId: said.flowRunId, run, told, stateName })
    return { status: "failed", reason: "unknown_organisation" }
  }
  return publishFailure(deps, { run, told, org, stateName, eventId })
}

/** `told` is the run's deployment by the event itself. */
type OwnedFailure = {
  run: FlowRun
  told: Deployment | undefined
  org: OrgWithSettings
  stateName: string
  eventId: number
}

async function publishFailure(
  deps: Deps,
  { run, told, org, stateName, eventId }: OwnedFailure,
): Promise<PrefectResult> {
  const now = deps.now()
  const { deployment, message } = await describeFailure(deps, { run, told, stateName })
  const record = queries.upsertFlowRun(deps.db, { run, deployment, orgId: org.id, now })
  const finish = signals.finishEvent(deps.db, { id: eventId, status: "processed", reason: "published", now })
  const published = await publishRunFailure(deps, {
    flowRunId: run.id,
    stateName,
    org,
    message,
    run,
    alongside: [record, finish],
  })
  switch (published.kind) {
    case "published":
      return { status: "processed", reason: "published" }
    case "already":
      // Whoever told us of it first may not have been able to ask Prefect.
      await record
      return { status: "processed", reason: "known_already" }
    case "conflict":
      return { status: "processed", reason: "known_already" }
    case "nobody":
      return { status: "processed", reason: "nobody" }
  }
}

/** Whose run it is: the likeliest of the slugs it names that is an organisation. */
async function findOrg(deps: Deps, run: FlowRun) {
  const slugs = candidateSlugs(run)
  const known = await orgs.selectOrgsBySlugs(deps.db, { slugs })
  return slugs.map((slug) => known.find((org) => org.slug === slug)).find((org) => org !== undefined)
}

async function postpone(
  deps: Deps,
  { eventId, patience, reason }: { eventId: number; patience: number; reason: string },
): Promise<"later"> {
  await signals.postponeEvent(deps.db, { id: eventId, reason, dueAt: deps.now() + patience })
  await deps.signals.send({ kind: "prefect", eventId }, { delaySeconds: patience / 1000 })
  return "later"
}
