import type { OperatorChannel } from "../../domain/channels"
import type { Announcement } from "../../notifications/publish"
import type { Settings } from "../../runtime/config"
import type { Org } from "../system-announcement"
import type { FlowRun } from "./schemas"

type Failure = {
  flowRunId: string
  stateName: string
  /** Not there where it is not known. */
  org?: Org
  message: string
  run?: FlowRun | undefined
}

/** By what those who run the platform are told of failures; by nothing where they do not want to hear of any. */
export function operatorChannels(settings: Settings): OperatorChannel[] {
  if (!settings.NOTIFY_PLATFORM_ADMINS_OF_ERRORS) return []
  return [
    ...(settings.ADMIN_EMAIL ? ["operator_email" as const] : []),
    ...(settings.ADMIN_DISCORD_WEBHOOK ? ["operator_discord" as const] : []),
  ]
}

/** What they are told of a failure, and by what. */
export function toOperators(settings: Settings, failure: Failure): Announcement["operators"] {
  const channels = operatorChannels(settings)
  return channels.length === 0 ? undefined : { note: noteOn(settings, failure), channels }
}

function noteOn(settings: Settings, { flowRunId, stateName, org, message, run }: Failure): string {
  const { AIRBYTE_URL: airbyte } = settings
  // Prefect Cloud's pages are on another host than its API.
  const prefect = settings.PREFECT_UI_URL ?? /^(.+)\/api$/.exec(settings.PREFECT_API_URL ?? "")?.[1]
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
