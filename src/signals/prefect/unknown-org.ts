import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { inOwnVoiceToOperators } from "../system-announcement"
import { describe } from "./fetch-run"
import { whyNobodys } from "./interpret"
import { operatorChannels, toOperators } from "./platform-admin-message"
import { keyOf } from "./publish-failure"
import type { Deployment, FlowRun } from "./schemas"

type Failure = {
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
export async function sayNobodys(deps: Deps, failure: Failure): Promise<void> {
  if (operatorChannels(deps.settings).length === 0) return
  const message = await messageFor(deps, failure)
  await publish(deps, {
    ...inOwnVoiceToOperators({ category: "job_failure", message }),
    dedupe: { key: `operators:${keyOf(failure)}` },
    operators: toOperators(deps.settings, { ...failure, message }),
  })
}

async function messageFor(deps: Deps, { flowRunId, stateName, run, told }: Failure): Promise<string> {
  if (!run)
    return `Nobody was told that the run ${flowRunId} is in the state ${stateName}: Prefect did not say whose it is.`
  const { message } = await describe(deps, { run, told, stateName })
  return `${message}\nNobody was told: ${whyNobodys(run)}.`
}
