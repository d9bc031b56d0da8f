import { RUN_ID } from "./fake-prefect"
import { anonymous } from "./people"

/** A webhook body with the sentence that Dalgo's Prefect sends. */
export const runStateBody = (state: string, id = RUN_ID) => ({
  body: `Flow run silver-heron with id ${id} entered state ${state}`,
})

/** Posts a body to Prefect's webhook. */
export const postPrefectWebhook = (body: unknown) =>
  anonymous.post("/webhooks/v1/notification/", body, { "x-notification-key": "webhook-key-new" })

/** Ids of runs other than `RUN_ID`. */
export const runId = (n: number) => `11111111-2222-4333-8444-${String(n).padStart(12, "0")}`
