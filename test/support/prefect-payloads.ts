import { DEPLOYMENT_ID, RUN_ID } from "./fake-prefect"

const FLOW_ID = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"
const MESSAGE = "RuntimeError: the survey source refused the login"

const ids = (address: string) =>
  `Flow ID: ${FLOW_ID}\nFlow run ID: ${RUN_ID}\nFlow run URL: ${address}${RUN_ID}\nState message: ${MESSAGE}\n`

/** Prefect 2's default message. */
export const DEFAULT_MESSAGE = [
  "Flow run deployment-flow/silver-heron entered state `Failed` at 2026-11-20T02:41:17.212585+00:00.",
  ids("https://prefect.dalgo.test/flow-runs/flow-run/"),
].join("\n\n")

/** The default message of a notification that was migrated from Prefect 2 to Prefect 3. */
export const MIGRATED_MESSAGE = [
  "",
  "Flow run deployment-flow/silver-heron observed in state `Failed` at 2026-11-20 02:41:17.212585+00:00.",
  ids("https://prefect.dalgo.test/runs/flow-run/"),
].join("\n")

const related = (role: string, id: string, name?: string) => ({
  "prefect.resource.id": `prefect.${role}.${id}`,
  "prefect.resource.role": role,
  ...(name && { "prefect.resource.name": name }),
})

/** An event of Prefect 3: a run of acme failed. `resource` and `state` override parts of it. */
export const prefectEvent = (resource: object = {}, state: object = {}) => ({
  id: "12345678-1234-4234-8234-123456789abc",
  occurred: "2026-11-20T02:41:17.212585Z",
  event: "prefect.flow-run.Failed",
  resource: {
    "prefect.resource.id": `prefect.flow-run.${RUN_ID}`,
    "prefect.resource.name": "silver-heron",
    "prefect.run-count": "1",
    "prefect.state-message": MESSAGE,
    "prefect.state-name": "Failed",
    "prefect.state-timestamp": "2026-11-20T02:41:17.212585+00:00",
    "prefect.state-type": "FAILED",
    ...resource,
  },
  related: [
    related("flow", FLOW_ID, "deployment-flow"),
    related("deployment", DEPLOYMENT_ID, "nightly-survey"),
    related("work-pool", "cccccccc-dddd-4eee-8fff-000000000000", "dalgo"),
    related("tag", "acme"),
    related("tag", "auto-scheduled"),
  ],
  payload: {
    intended: { from: "RUNNING", to: "FAILED" },
    initial_state: { type: "RUNNING", name: "Running" },
    validated_state: { type: "FAILED", name: "Failed", message: MESSAGE, ...state },
  },
  follows: null,
})

/** The same failure as fields of a template. */
export const templateFields = (changes: object = {}) => ({
  event: "prefect.flow-run.Failed",
  occurred: "2026-11-20 02:41:17.212585+00:00",
  flow_run_id: RUN_ID,
  flow_run_name: "silver-heron",
  deployment_id: DEPLOYMENT_ID,
  deployment_name: "nightly-survey",
  state_type: "FAILED",
  state_name: "Failed",
  message: MESSAGE,
  parameters: { config: { org_slug: "acme", tasks: [] } },
  tags: ["auto-scheduled", "acme"],
  ...changes,
})
