import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { publish } from "../../notifications/publish"
import { MisconfiguredError } from "../../runtime/errors"
import { attemptOf, failureKey, findEarlierReport, REPORTED_PREFIX } from "../prefect/attempt"
import { fetchRun } from "../prefect/fetch-run"
import { configuredChannels, messageToPlatformAdmins } from "../prefect/platform-admin-message"
import { selectPlatformAdminReports } from "../prefect/queries"
import { platformAdminAnnouncement } from "../system-announcement"
import { failedRunMessage } from "./messages"
import { notificationOrThrow, requireOrg, toFlowRunId } from "./report"
import type { FailedRun } from "./schemas"

/**
 * Tells the platform admins of a failed run, whether or not `NOTIFY_PLATFORM_ADMINS_OF_ERRORS` is set: the caller asks for
 * it. Throws `MisconfiguredError` if neither `ADMIN_EMAIL` nor `ADMIN_DISCORD_WEBHOOK` is set.
 *
 * 1. Find the organisation, and ask Prefect which attempt of the run this is. Where Prefect does not answer, it is the
 *    attempt that was told last.
 * 2. If the platform admins were told of this attempt, by Prefect's webhook or by an earlier report, answer with that.
 * 3. Publish.
 */
export async function reportToPlatformAdmins(deps: Deps, failed: FailedRun): Promise<Notification> {
  const channels = configuredChannels(deps.config)
  if (channels.length === 0) throw new MisconfiguredError("neither ADMIN_EMAIL nor ADMIN_DISCORD_WEBHOOK is set")
  const org = await requireOrg(deps, failed)
  const { flowRunId, isUuid } = toFlowRunId(failed.flowRunId)
  const fetched = isUuid ? await fetchRun(deps, { flowRunId, isOptional: true }) : undefined
  const run = fetched?.kind === "found" ? fetched.run : undefined
  const attempt = run ? attemptOf(run) : { flowRunId, runCount: 0, failedAt: undefined }

  const told = findEarlierReport(await selectPlatformAdminReports(deps.db, { flowRunId }), attempt, deps.now())
  if (told) return told
  const message = failedRunMessage(failed)
  const published = await publish(deps, {
    ...platformAdminAnnouncement({ category: "job_failure", message }),
    dedupe: { key: `${REPORTED_PREFIX}${failureKey(attempt)}` },
    platformAdmins: {
      message: messageToPlatformAdmins(deps.config, { flowRunId, stateName: failed.state, org, message, run }),
      channels,
    },
  })
  return notificationOrThrow(published)
}
