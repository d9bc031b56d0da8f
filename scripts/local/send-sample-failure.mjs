import { randomUUID } from "node:crypto"
import { requireDevVar } from "./dev-vars.mjs"
import { failureOfRun } from "./fake-prefect/failed-run.mjs"

async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  }).catch((error) => {
    const { origin } = new URL(url)
    throw new Error(
      `Nothing answers at ${origin} (${error.message}). Start it with npm start, or set PORT to that of a running instance.`,
    )
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  await response.body?.cancel()
}

/**
 * Posts one failed run to the webhook, worded as Prefect words it for Dalgo.
 * @returns `{id, name, deployment, state}` of the run
 */
export async function sendSampleFailure({ worker, prefect, org }) {
  const id = randomUUID()
  const { name, deployment, stateName: state } = failureOfRun(id)
  const key = requireDevVar("PREFECT_NOTIFICATIONS_WEBHOOK_KEY")
  if (org !== "acme") await post(`${prefect.url}/demo/runs`, { id, org_slug: org })
  await post(
    `${worker.url}/webhooks/v1/notification/`,
    { body: `Flow run ${name} with id ${id} entered state ${state}` },
    { "x-notification-key": key },
  )
  return { id, name, deployment, state }
}
