import * as z from "zod/mini"
import { outsideName, outsideText } from "../../runtime/zod"

export const uuid = z.guid().check(z.toLowerCase())
// Of what Prefect answers, only ids and states are required. Any other field of another shape counts as missing, since
// the failure can be told without it.

const text = z.catch(z.nullish(z.string()), null)
const name = z.catch(z.nullish(outsideName), null)
const message = z.catch(z.nullish(outsideText), null)
/** Python's str() writes a space between date and time. */
const time = z.catch(
  z.nullish(
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((written: string) => written.replace(" ", "T")),
      ),
      z.pipe(
        z.iso.datetime({ offset: true, local: true }),
        z.transform((written: string) => Date.parse(written)),
      ),
    ),
  ),
  null,
)
/** Those items that fit; none if it is no list. */
const listOf = <T extends z.ZodMiniType>(item: T) =>
  z.pipe(
    z.catch(z.array(z.unknown()), []),
    z.transform((items: unknown[]) =>
      items.flatMap((each): z.infer<T>[] => {
        const parsed = item.safeParse(each)
        return parsed.success ? [parsed.data] : []
      }),
    ),
  )

/** How often the run has started: 1 at the first attempt. An event writes it as text. */
const runCount = z.catch(
  z.nullish(
    z.pipe(
      z.union([z.number(), z.string().check(z.regex(/^\d{1,9}$/))]),
      z.pipe(z.transform(Number), z.int().check(z.gte(0))),
    ),
  ),
  null,
)

const Task = z.object({
  slug: text,
  type: text,
  /** Airbyte's id of the connection. */
  connection_id: z.catch(z.nullish(uuid), null),
})

/** Dalgo's parameters of a deployment. */
const Parameters = z.catch(
  z.nullish(
    z.object({
      config: z.catch(z.nullish(z.object({ org_slug: text, tasks: z.optional(listOf(Task)) })), null),
    }),
  ),
  null,
)

const State = z.object({
  type: z.nullish(z.string()),
  name,
  message,
  timestamp: time,
  state_details: z.catch(z.nullish(z.object({ scheduled_time: time })), null),
})

/** The used part of Prefect's `FlowRunResponse`. */
export const FlowRun = z.object({
  id: uuid,
  name: z.catch(outsideName, ""),
  deployment_id: z.nullish(uuid),
  parent_task_run_id: z.catch(z.nullish(z.string()), null),
  run_count: runCount,
  state_type: z.nullish(z.string()),
  state_name: name,
  state: z.catch(z.nullish(State), null),
  next_scheduled_start_time: time,
  start_time: time,
  end_time: time,
  tags: listOf(z.string()),
  parameters: Parameters,
})
export type FlowRun = z.infer<typeof FlowRun>

/** A run as Prefect answers it: it says which state it is in, if only `null`. */
export const FetchedFlowRun = FlowRun.check(
  z.refine((run) => run.state_type !== undefined || Boolean(run.state?.type) || run.state_name !== undefined),
)

/** The runs that `POST /flow_runs/filter` finds; those of another shape are left out. */
export const FetchedFlowRuns = listOf(FetchedFlowRun)

export const Deployment = z.object({ id: uuid, name: outsideName })
export type Deployment = z.infer<typeof Deployment>

const GraphNode = z.object({
  kind: z.catch(z.string(), ""),
  id: z.string(),
  label: z.catch(z.string(), ""),
  state_type: text,
})

/** The used part of Prefect's `Graph` (graph-v2): pairs of an id and a node, and the states that the run has been in. */
export const Graph = z.object({
  nodes: listOf(z.tuple([z.string(), GraphNode])),
  states: z.optional(listOf(z.object({ type: z.string(), timestamp: time }))),
})
export type Graph = z.infer<typeof Graph>

/** The used part of the runs that `POST /flow_runs/filter` finds. */
export const EndedRuns = listOf(z.object({ end_time: time }))

export const Logs = listOf(
  z.object({
    level: z.catch(z.number(), 20),
    message: outsideText,
    timestamp: z.catch(z.string(), ""),
    task_run_id: text,
  }),
)
export type Logs = z.infer<typeof Logs>

/** The usual body of a notification block. `parse/` reads other bodies too. */
export const WebhookBody = z.looseObject({ body: z.string() })

// Templates are written by hand. Only the run and its state are required; any other field of another shape counts as
// missing.

const ValidatedState = z.catch(z.nullish(z.object({ type: text, name, message })), null)

/** The used part of a Prefect 3 event about a flow run: `{{ event | tojson }}`. */
export const FlowRunEvent = z.object({
  event: z.string().check(z.startsWith("prefect.flow-run.")),
  resource: z.object({
    "prefect.resource.id": z.pipe(
      z.pipe(
        z.string().check(z.startsWith("prefect.flow-run.")),
        z.transform((id: string) => id.slice("prefect.flow-run.".length)),
      ),
      uuid,
    ),
    "prefect.resource.name": name,
    "prefect.state-name": name,
    "prefect.state-type": text,
    "prefect.state-message": message,
    "prefect.state-timestamp": time,
    "prefect.run-count": runCount,
  }),
  related: listOf(
    z.object({
      "prefect.resource.id": z.string(),
      "prefect.resource.role": z.string(),
      "prefect.resource.name": name,
    }),
  ),
  payload: z.catch(z.nullish(z.object({ initial_state: ValidatedState, validated_state: ValidatedState })), null),
})
export type FlowRunEvent = z.infer<typeof FlowRunEvent>

/** The fields that a template for an automation may have. The API description of the webhook lists them. */
export const RunInState = z.object({
  event: text,
  flow_run_id: uuid,
  flow_run_name: name,
  deployment_id: z.catch(z.nullish(uuid), null),
  deployment_name: name,
  parent_task_run_id: text,
  initial_state_type: text,
  state_name: name,
  state_type: text,
  state: name,
  message,
  occurred: time,
  run_count: runCount,
  tags: listOf(z.string()),
  parameters: Parameters,
})
export type RunInState = z.infer<typeof RunInState>
