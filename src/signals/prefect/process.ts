import { CATEGORY, isUrgentFor } from "../../categories"
import type { Deps } from "../../deps"
import { kindOf, log } from "../../log"
import { publish } from "../../notifications/publish"
import * as orgs from "../../orgs/queries"
import * as summaries from "../../summaries/queries"
import * as signals from "../queries"
import { PrefectError } from "./api"
import { readBody } from "./bodies"
import { candidateSlugs, failedStep, judge, mayBeFailure, messageFor, type RunEvent } from "./interpret"
import * as queries from "./queries"
import type { Deployment, FlowRun } from "./schemas"

const AUTHOR = "Dalgo"
const CATEGORY_OF_FAILURES = "job_failure"
/** Longer than Prefect may take for everything we ask. */
const LEASE_MS = 2 * 60_000
/** When a try that threw is repeated. */
const TRY_AGAIN_MS = 30_000
/** How long after each try that Prefect did not answer. An event that nobody could ask about concerns nobody. */
const PATIENCE_MS = [5_000, 30_000, 2 * 60_000, 10 * 60_000, 30 * 60_000, 2 * 3_600_000, 6 * 3_600_000]
/** An event that was begun this often, and never finished, brings its worker down. */
const MOST_TRIES = 12
/** How long mail waits for a summary. */
const HOLD_EMAIL_MS = 60_000

/** What became of an event, for the log and the row. */
type Result =
  | { status: "processed"; reason: "published" | "known_already" | "nobody" }
  | { status: "ignored"; reason: string }
  | { status: "failed"; reason: string }

/**
 * Makes of a stored event what it means. It may run twice: the claim lets one work at a time, and the run's dedupe
 * key lets one notification be made.
 *
 * 1. Claim the event.
 * 2. Ask Prefect for the run, if the event may be a failure; where it does not tell, take what the event itself told.
 * 3. Judge, and find whose run it is.
 * 4. Say it: the notification, the record of the run and the end of the event are one batch.
 * 5. Ask the queue for a summary.
 */
export async function processEvent(deps: Deps, { eventId }: { eventId: number }): Promise<void> {
  const { db } = deps
  const [event] = await signals.claimEvent(db, { id: eventId, now: deps.now(), leaseMs: LEASE_MS })
  if (!event) return
  const said = readBody(event.body)
  const result = await understand(deps, { said, eventId, attempts: event.attempts }).catch(async (error) => {
    // Whoever tries again need not wait for our lease.
    await signals.postponeEvent(db, { id: eventId, reason: kindOf(error), dueAt: deps.now() + TRY_AGAIN_MS })
    throw error
  })
  if (result === "later") return
  await signals.finishEvent(db, { id: eventId, ...result, now: deps.now() })
  log({
    event: result.status === "failed" ? "signal_failed" : "signal_processed",
    signal_id: eventId,
    reason: result.reason,
    ...(said && { flow_run_id: said.flowRunId }),
  })
}

async function understand(
  deps: Deps,
  { said, eventId, attempts }: { said: RunEvent | undefined; eventId: number; attempts: number },
): Promise<Result | "later"> {
  if (attempts > MOST_TRIES) return { status: "failed", reason: "given_up" }
  if (!said) return { status: "failed", reason: "not_understood" }
  const answer = mayBeFailure(said) ? await askForRun(deps, said) : { kind: "absent" as const }
  if (answer.kind === "silent") {
    const patience = PATIENCE_MS[attempts - 1]
    if (patience !== undefined) return postpone(deps, { eventId, patience, reason: answer.reason })
  }
  const run = answer.kind === "run" ? answer.run : said.told?.run

  const verdict = judge(said, run)
  if (verdict.kind === "ignore") return { status: "ignored", reason: verdict.reason }
  const org = run && (await orgOf(deps, run))
  if (verdict.kind === "unknown_organisation" || !run || !org)
    return { status: "failed", reason: "unknown_organisation" }
  return say(deps, { run, told: said.told?.deployment, org, stateName: verdict.stateName, eventId })
}

type Org = Awaited<ReturnType<typeof orgs.orgsBySlugs>>[number]

/** `told` is the run's deployment by the event itself. */
type Failed = { run: FlowRun; told: Deployment | undefined; org: Org; stateName: string; eventId: number }

async function say(deps: Deps, { run, told, org, stateName, eventId }: Failed): Promise<Result> {
  const { db, settings } = deps
  const now = deps.now()
  const { deployment = told, step } = await describe(deps, run)
  const wantsSummary = await isSummaryWanted(deps, { run, org })
  const published = await publish(deps, {
    orgId: org.id,
    audience: { kind: "org", orgId: org.id, adminsOnly: CATEGORY[CATEGORY_OF_FAILURES].addresses === "admins" },
    author: AUTHOR,
    message: messageFor({ run, deployment, step, stateName, frontendUrl: settings.FRONTEND_URL }),
    category: CATEGORY_OF_FAILURES,
    urgent: isUrgentFor(CATEGORY_OF_FAILURES, org.urgentCategories),
    dedupe: { key: `prefect:${run.id}:${stateName}` },
    holdEmailMs: wantsSummary ? HOLD_EMAIL_MS : undefined,
    alongside: (publicationId) => [
      queries.recordRun(db, { run, deployment, orgId: org.id, now }),
      ...(wantsSummary ? [summaries.begin(db, { flowRunId: run.id, publicationId, now, dueAt: now + LEASE_MS })] : []),
      signals.finishEvent(db, { id: eventId, status: "processed", reason: "published", now }),
    ],
  })
  if (published.kind === "nobody") return { status: "processed", reason: "nobody" }
  if (published.kind !== "published") return { status: "processed", reason: "known_already" }
  if (wantsSummary) await hintSummary(deps, run)
  return { status: "processed", reason: "published" }
}

/** One summary per run: a second state of the same run gets none, and its mail waits for none. */
async function isSummaryWanted(deps: Deps, { run, org }: { run: FlowRun; org: Org }): Promise<boolean> {
  if (!deps.settings.AUTO_GENERATE_LLM_FAILURE_SUMMARIES || org.llmOptin === false) return false
  const [existing] = await summaries.byRun(deps.db, { flowRunId: run.id })
  return existing === undefined
}

/** Whose run it is: the likeliest of the slugs it names that is an organisation. */
async function orgOf(deps: Deps, run: FlowRun) {
  const slugs = candidateSlugs(run)
  const known = await orgs.orgsBySlugs(deps.db, { slugs })
  return slugs.map((slug) => known.find((org) => org.slug === slug)).find((org) => org !== undefined)
}

type Answer = { kind: "run"; run: FlowRun } | { kind: "absent" } | { kind: "silent"; reason: string }

async function askForRun(deps: Deps, { flowRunId }: RunEvent): Promise<Answer> {
  if (!deps.prefect) return { kind: "absent" }
  try {
    return { kind: "run", run: await deps.prefect.flowRun(flowRunId) }
  } catch (error) {
    if (!(error instanceof PrefectError)) throw error
    return error.isThere ? { kind: "silent", reason: error.message } : { kind: "absent" }
  }
}

/** What makes the message helpful; what Prefect does not tell is left out. */
async function describe(deps: Deps, run: FlowRun) {
  const [deployment, graph] = await Promise.allSettled([
    run.deployment_id ? deps.prefect?.deployment(run.deployment_id) : undefined,
    deps.prefect?.graph(run.id),
  ])
  return {
    deployment: deployment.status === "fulfilled" ? deployment.value : undefined,
    step: graph.status === "fulfilled" && graph.value ? failedStep(graph.value) : undefined,
  }
}

async function postpone(
  deps: Deps,
  { eventId, patience, reason }: { eventId: number; patience: number; reason: string },
): Promise<"later"> {
  await signals.postponeEvent(deps.db, { id: eventId, reason, dueAt: deps.now() + patience })
  await deps.signals.send({ kind: "prefect", eventId }, { delaySeconds: patience / 1000 })
  return "later"
}

const hintSummary = (deps: Deps, run: FlowRun) =>
  deps.signals.send({ kind: "summary", flowRunId: run.id }).catch((error) => {
    log({ event: "hint_lost", flow_run_id: run.id, reason: kindOf(error) })
  })
