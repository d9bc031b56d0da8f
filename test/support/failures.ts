import { RUN_ID } from "./outside"
import { nobody } from "./people"

/** The sentence by which Prefect says that a run entered a state. */
export const entered = (state: string, id = RUN_ID) => ({
  body: `Flow run silver-heron with id ${id} entered state ${state}`,
})

/** What Prefect tells us, at the door where it does. */
export const tell = (body: unknown) =>
  nobody.post("/webhooks/v1/notification/", body, { "x-notification-key": "webhook-key-new" })

/** Other runs than `RUN_ID`. */
export const runId = (n: number) => `11111111-2222-4333-8444-${String(n).padStart(12, "0")}`
