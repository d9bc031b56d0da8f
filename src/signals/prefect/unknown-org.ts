import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { platformAdminAnnouncement } from "../system-announcement"
import { describeFailure } from "./describe-failure"
import { candidateSlugs } from "./find-org"
import { platformAdminChannels, toPlatformAdmins } from "./platform-admin-message"
import { failureKey } from "./publish-failure"
import type { Deployment, FlowRun } from "./schemas"

const MAX_SLUGS_IN_MESSAGE = 10

type UnknownOrgFailure = {
  flowRunId: string
  stateName: string
  /** `undefined` where neither Prefect nor the event describes the run. */
  run: FlowRun | undefined
  eventDeployment: Deployment | undefined
}

/**
 * Alerts the platform admins to a failed run of an unknown organisation. The dedupe key differs from `failureKey`,
 * so that the failure can still be published to its organisation later.
 */
export async function alertUnknownOrg(deps: Deps, failure: UnknownOrgFailure): Promise<void> {
  if (platformAdminChannels(deps.config).length === 0) return
  const message = await messageFor(deps, failure)
  await publish(deps, {
    ...platformAdminAnnouncement({ category: "job_failure", message }),
    dedupe: { key: `operators:${failureKey(failure)}` },
    platformAdmins: toPlatformAdmins(deps.config, { ...failure, message }),
  })
}

async function messageFor(deps: Deps, failure: UnknownOrgFailure): Promise<string> {
  const { flowRunId, stateName, run, eventDeployment } = failure
  if (!run)
    return `Prefect did not name the organisation of the run ${flowRunId} (${stateName}). No organisation was notified.`
  const { message } = await describeFailure(deps, { run, eventDeployment, stateName })
  return `${message}\nNo organisation was notified: ${unknownOrgReason(run)}.`
}

function unknownOrgReason(run: FlowRun): string {
  const slugs = [...new Set(candidateSlugs(run))].slice(0, MAX_SLUGS_IN_MESSAGE)
  return slugs.length > 0 ? `no organisation is called ${slugs.join(" or ")}` : "the run names no organisation"
}
