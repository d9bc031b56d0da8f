import type { Deps } from "../../deps"
import { utcDay } from "../../domain/time"
import { publish } from "../../notifications/publish"
import { platformAdminAnnouncement } from "../system-announcement"
import type { FetchedRun } from "./fetch-run"
import { platformAdminChannels } from "./platform-admin-message"

export type PrefectTrouble = Extract<FetchedRun, { kind: "refused" | "unavailable" }>

/** Tells the platform admins that Prefect's API refuses us or is away: once a day (UTC) for each of the two. */
export async function alertPrefectApi(deps: Deps, { kind, reason }: PrefectTrouble): Promise<void> {
  const channels = platformAdminChannels(deps.config)
  if (channels.length === 0) return
  const message = MESSAGES[kind](reason)
  await publish(deps, {
    ...platformAdminAnnouncement({ category: "incident", message }),
    // With a hash, the key is forgotten when the notification is purged.
    dedupe: { key: `prefect-api:${kind}:${utcDay(deps.now())}`, requestHash: kind },
    platformAdmins: { message, channels },
  })
}

const MESSAGES: Record<PrefectTrouble["kind"], (reason: string) => string> = {
  refused: (reason) =>
    [
      `Prefect's API refuses us (${reason}).`,
      "Failures whose organisation only Prefect knows are not announced until this is mended. Other failures are " +
        "announced without the failed step.",
      "To do: check PREFECT_API_URL, and PREFECT_API_KEY or PREFECT_API_AUTH_STRING.",
    ].join("\n"),
  unavailable: (reason) =>
    [
      `Prefect's API is away (${reason}).`,
      "Failures whose organisation only Prefect knows are announced when it answers again. Other failures are " +
        "announced without the failed step.",
      "To do: check that Prefect runs, and that PREFECT_API_URL can be reached from the internet.",
    ].join("\n"),
}
