import { readFile } from "node:fs/promises"
import { inject } from "vitest"

/** Posts a failed pipeline run of acme to the webhook, as Prefect would. */
export async function sendFailure(): Promise<Response> {
  const variables = await readFile(".dev.vars", "utf8")
  const key = /^PREFECT_NOTIFICATIONS_WEBHOOK_KEY="?([^"\n]+)"?$/m.exec(variables)?.[1] ?? ""
  return fetch(`http://127.0.0.1:${inject("port")}/webhooks/v1/notification/`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-notification-key": key },
    body: JSON.stringify({ body: `Flow run crimson-fox with id ${crypto.randomUUID()} entered state Failed` }),
  })
}
