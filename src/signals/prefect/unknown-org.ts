import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { platformAdminAnnouncement } from "../system-announcement"
import { describeFailure } from "./fetch-run"
import { unknownOrgReason } from "./interpret"
import { platformAdminChannels, toPlatformAdmins } from "./platform-admin-message"
import { failureKey } from "./publish-failure"
import type { Deployment, FlowRun } from "./schemas"

type UnownedFailure = {
  flowRunId: string
  stateName: string
  /** As far as it is known. */
  run: FlowRun | undefined
  /** Where it is deployed, by the event itself. */
  told: Deployment | undefined
}

/**
 * Tells those who run the platform that a run failed whose organisation is not known, and nobody else. The key is not
 * the failure's own, by which its organisation can still be told.
 */
export async function alertUnknownOrg(deps: Deps, failure: UnownedFailure): Promise<void> {
  if (platformAdminChannels(deps.config).length === 0) return
  const message = await messageFor(deps, failure)
  await publish(deps, {
    ...platformAdminAnnouncement({ category: "job_failure", message }),
    dedupe: { key: `operators:${failureKey(failure)}` },
    platformAdmins: toPlatformAdmins(deps.config, { ...failure, message }),
  })
}

async function messageFor(deps: Deps, { flowRunId, stateName, run, told }: UnownedFailure): Promise<string> {
  if (!run)
    return `Nobody was told that the run ${flowRunId} is in the state ${stateName}: Prefect did not say whose it is.`
  const { message } = await describeFailure(deps, { run, told, stateName })
  return `${message}\nNobody was told: ${unknownOrgReason(run)}.`
}
