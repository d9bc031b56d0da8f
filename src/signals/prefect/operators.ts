import type { OperatorChannel } from "../../channels"
import type { Announcement } from "../../notifications/publish"
import type { Settings } from "../../settings"
import type { Org } from "../own-voice"
import type { FlowRun } from "./schemas"

type Failure = { flowRunId: string; stateName: string; org: Org; message: string; run?: FlowRun }

/** What those who run the platform are told of a failure, and by what; nothing where they do not want to hear of it. */
export function toOperators(settings: Settings, failure: Failure): Announcement["operators"] {
  if (!settings.NOTIFY_PLATFORM_ADMINS_OF_ERRORS) return undefined
  const channels: OperatorChannel[] = [
    ...(settings.ADMIN_EMAIL ? ["operator_email" as const] : []),
    ...(settings.ADMIN_DISCORD_WEBHOOK ? ["operator_discord" as const] : []),
  ]
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
    `Organisation: ${org.name} (${org.slug})`,
    `State: ${stateName}`,
    ...(prefect ? [`Prefect: ${prefect}/runs/flow-run/${encodeURIComponent(flowRunId)}`] : [`Flow run: ${flowRunId}`]),
    ...Array.from(connections, (id) => `Airbyte: ${airbyte ? `${airbyte}/connections/` : "connection "}${id}`),
  ].join("\n")
}
