import { randomUUID } from "node:crypto"
import { devVar } from "./dev-vars.mjs"
import { failureOf } from "./fake-prefect/failed-run.mjs"

async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  }).catch((error) => {
    throw new Error(`Nothing answers at ${new URL(url).origin}: is npm start running there? (${error.message})`)
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  await response.body?.cancel()
}

/** Tells the webhook of one failed run, in the words Dalgo has Prefect use, and returns what was told. */
export async function sendSampleFailure({ worker, prefect, org }) {
  const id = randomUUID()
  const { name, deployment, stateName: state } = failureOf(id)
  const key = devVar("PREFECT_NOTIFICATIONS_WEBHOOK_KEY")
  if (org !== "acme") await post(`${prefect.url}/demo/runs`, { id, org_slug: org })
  await post(
    `${worker.url}/webhooks/v1/notification/`,
    { body: `Flow run ${name} with id ${id} entered state ${state}` },
    { "x-notification-key": key },
  )
  return { id, name, deployment, state }
}
