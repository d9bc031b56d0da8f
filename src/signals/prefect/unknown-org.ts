import { splitDetails } from "../../domain/announcement"
import type { Deps } from "../../deps"
import type { Failure } from "../../domain/failure"
import { failureMessage } from "../../summaries/failure-message"
import { publish } from "../../notifications/publish"
import { outsideName } from "../../runtime/zod"
import { platformAdminAnnouncement } from "../system-announcement"
import { type Attempt, failureKey, findEarlierReport, keyPrefix } from "./attempt"
import { describeFailure } from "./describe-failure"
import { candidateSlugs, type FoundOrg } from "./find-org"
import { platformAdminChannels, toPlatformAdmins } from "./platform-admin-message"
import { selectByKeyPrefix } from "./queries"
import type { Deployment, FlowRun } from "./schemas"

const MAX_SLUGS_IN_MESSAGE = 10

type UnknownOrgFailure = {
  attempt: Attempt
  stateName: string
  /** `undefined` where neither Prefect nor the event describes the run. */
  run: FlowRun | undefined
  eventDeployment: Deployment | undefined
  /** Why no organisation is notified. */
  found: Exclude<FoundOrg, { kind: "found" }>
  canAskPrefect: boolean
}

/** Alerts the platform admins to a failed run of which it is not known whose it is. */
export async function alertUnknownOrg(deps: Deps, failure: UnknownOrgFailure): Promise<void> {
  if (platformAdminChannels(deps.config).length === 0) return
  const message = await messageFor(deps, failure)
  await alertPlatformAdmins(deps, { ...failure, message, prefix: "operators:" })
}

type ToldElsewhere = {
  attempt: Attempt
  stateName: string
  run?: FlowRun | undefined
  failure: Failure
  org: { name: string; slug: string }
}

/**
 * Alerts the platform admins to a failure of one organisation whose notification went to another one, which was taken
 * for the run's before.
 */
export async function alertToldElsewhere(deps: Deps, { org, failure, ...rest }: ToldElsewhere): Promise<void> {
  const sentence =
    "This failure was announced to another organisation before. " +
    `${org.name} (${org.slug}), whose run it is said to be, was not notified.`
  await alertPlatformAdmins(deps, {
    ...rest,
    message: withSentence(failure, sentence),
    prefix: `operators:${org.slug}:`,
  })
}

/** The message for platform admins with one more sentence before its details. */
function withSentence(failure: Failure, sentence: string): string {
  const { main, details } = splitDetails(failureMessage(failure, { isForMembers: false }).message)
  return [main, sentence, ...details].join("\n")
}

type Alert = { attempt: Attempt; stateName: string; run?: FlowRun | undefined; message: string; prefix: string }

/**
 * Once for each attempt and kind of alert. The dedupe key differs from `failureKey`, so that the failure can still be
 * published to its organisation later.
 */
async function alertPlatformAdmins(deps: Deps, { prefix, attempt, ...alert }: Alert): Promise<void> {
  const { flowRunId } = attempt
  const earlier = await selectByKeyPrefix(deps.db, { prefix: `${prefix}${keyPrefix(flowRunId)}` })
  if (findEarlierReport(earlier, attempt, deps.now())) return
  const platformAdmins = toPlatformAdmins(deps.config, { ...alert, flowRunId })
  if (!platformAdmins) return
  await publish(deps, {
    ...platformAdminAnnouncement({ category: "job_failure", message: alert.message }),
    dedupe: { key: `${prefix}${failureKey(attempt)}` },
    platformAdmins,
  })
}

async function messageFor(deps: Deps, failure: UnknownOrgFailure): Promise<string> {
  const { attempt, stateName, run, eventDeployment, found, canAskPrefect } = failure
  if (!run)
    return `Prefect did not name the organisation of the run ${attempt.flowRunId} (${stateName}). No organisation was notified.`
  const { failure: described } = await describeFailure(deps, { run, org: undefined, eventDeployment, canAskPrefect })
  return withSentence(described, `No organisation was notified: ${reasonFor(run, found)}.`)
}

function reasonFor(run: FlowRun, found: UnknownOrgFailure["found"]): string {
  if (found.kind === "ambiguous") {
    const slugs = found.orgs.map(({ slug }) => slug).toSorted()
    return `the tags of the run name several organisations (${slugs.slice(0, MAX_SLUGS_IN_MESSAGE).join(", ")})`
  }
  const slugs = candidateSlugs(run)
    .slice(0, MAX_SLUGS_IN_MESSAGE)
    .map((slug) => outsideName.parse(slug))
  return slugs.length > 0 ? `no organisation is called ${slugs.join(" or ")}` : "the run names no organisation"
}
