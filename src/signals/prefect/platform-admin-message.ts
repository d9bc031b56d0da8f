import { splitDetails } from "../../domain/announcement"
import type { PlatformAdminChannel } from "../../domain/channels"
import type { PublishRequest } from "../../notifications/publish"
import type { Config } from "../../runtime/config"
import { ifUsable } from "../../runtime/errors"
import type { OrgWithSettings } from "../system-announcement"
import type { FlowRun } from "./schemas"

type RunFailure = {
  flowRunId: string
  stateName: string
  /** `undefined` where the organisation is not known. */
  org?: OrgWithSettings
  message: string
  run?: FlowRun | undefined
}

/** The channels on which platform admins are told of failures; none where the setting is off. */
export const platformAdminChannels = (config: Config): PlatformAdminChannel[] =>
  config.NOTIFY_PLATFORM_ADMINS_OF_ERRORS ? configuredChannels(config) : []

/** The channels that have an address. */
export const configuredChannels = (config: Config): PlatformAdminChannel[] => [
  ...(config.ADMIN_EMAIL ? ["operator_email" as const] : []),
  ...(config.ADMIN_DISCORD_WEBHOOK ? ["operator_discord" as const] : []),
]

/** The message to platform admins about a failure, and its channels; `undefined` without a channel. */
export function toPlatformAdmins(config: Config, failure: RunFailure): PublishRequest["platformAdmins"] {
  const channels = platformAdminChannels(config)
  return channels.length === 0 ? undefined : { message: messageToPlatformAdmins(config, failure), channels }
}

/** The message with the organisation, the state, and links to the tools. */
export function messageToPlatformAdmins(
  config: Config,
  { flowRunId, stateName, org, message, run }: RunFailure,
): string {
  const { AIRBYTE_URL: airbyte } = config
  // A self-hosted server has its pages beside its API; Prefect Cloud has them on another host.
  const api = ifUsable(() => config.PREFECT_API_URL)
  const prefect = config.PREFECT_UI_URL ?? /^(.+)\/api$/.exec(api ?? "")?.[1]
  const connections = new Set((run?.parameters?.config?.tasks ?? []).flatMap((task) => task.connection_id ?? []))
  const { main, details } = splitDetails(message)
  return [
    main,
    "",
    `Organisation: ${org ? `${org.name} (${org.slug})` : "not known"}`,
    `State: ${stateName}`,
    ...(prefect ? [`Prefect: ${prefect}/runs/flow-run/${encodeURIComponent(flowRunId)}`] : [`Flow run: ${flowRunId}`]),
    ...Array.from(connections, (id) => `Airbyte: ${airbyte ? `${airbyte}/connections/` : "connection "}${id}`),
    ...details,
  ].join("\n")
}
