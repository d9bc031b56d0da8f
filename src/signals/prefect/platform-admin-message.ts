import type { PlatformAdminChannel } from "../../domain/channels"
import type { PublishRequest } from "../../notifications/publish"
import type { Config } from "../../runtime/config"
import type { OrgWithSettings } from "../system-announcement"
import type { FlowRun } from "./schemas"

type ReportedRun = {
  flowRunId: string
  stateName: string
  /** Not there where it is not known. */
  org?: OrgWithSettings
  message: string
  run?: FlowRun | undefined
}

/** By what those who run the platform are told of failures; by nothing where they do not want to hear of any. */
export function platformAdminChannels(config: Config): PlatformAdminChannel[] {
  if (!config.NOTIFY_PLATFORM_ADMINS_OF_ERRORS) return []
  return [
    ...(config.ADMIN_EMAIL ? ["operator_email" as const] : []),
    ...(config.ADMIN_DISCORD_WEBHOOK ? ["operator_discord" as const] : []),
  ]
}

/** What they are told of a failure, and by what. */
export function toPlatformAdmins(config: Config, failure: ReportedRun): PublishRequest["platformAdmins"] {
  const channels = platformAdminChannels(config)
  return channels.length === 0 ? undefined : { message: messageFor(config, failure), channels }
}

function messageFor(config: Config, { flowRunId, stateName, org, message, run }: ReportedRun): string {
  const { AIRBYTE_URL: airbyte } = config
  // Prefect Cloud's pages are on another host than its API.
  const prefect = config.PREFECT_UI_URL ?? /^(.+)\/api$/.exec(config.PREFECT_API_URL ?? "")?.[1]
  const connections = new Set((run?.parameters?.config?.tasks ?? []).flatMap((task) => task.connection_id ?? []))
  return [
    message,
    "",
    `Organisation: ${org ? `${org.name} (${org.slug})` : "not known"}`,
    `State: ${stateName}`,
    ...(prefect ? [`Prefect: ${prefect}/runs/flow-run/${encodeURIComponent(flowRunId)}`] : [`Flow run: ${flowRunId}`]),
    ...Array.from(connections, (id) => `Airbyte: ${airbyte ? `${airbyte}/connections/` : "connection "}${id}`),
  ].join("\n")
}
