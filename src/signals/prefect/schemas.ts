import * as z from "zod/mini"

export const uuid = z.guid().check(z.toLowerCase())
const time = z.pipe(
  z.iso.datetime({ offset: true, local: true }),
  z.transform((text: string) => Date.parse(text)),
)

const Task = z.object({
  slug: z.nullish(z.string()),
  type: z.nullish(z.string()),
  /** Airbyte's id of the connection. */
  connection_id: z.catch(z.nullish(uuid), null),
})

/** The used part of Prefect's `FlowRunResponse`. */
export const FlowRun = z.object({
  id: uuid,
  name: z.string(),
  deployment_id: z.nullish(uuid),
  parent_task_run_id: z.nullish(uuid),
  state_type: z.nullish(z.string()),
  state_name: z.nullish(z.string()),
  state: z.nullish(
    z.object({
      type: z.nullish(z.string()),
      name: z.nullish(z.string()),
      message: z.nullish(z.string()),
      timestamp: z.nullish(time),
    }),
  ),
  start_time: z.nullish(time),
  end_time: z.nullish(time),
  tags: z._default(z.array(z.string()), []),
  parameters: z.catch(
    z.nullish(
      z.object({
        config: z.nullish(
          z.object({
            org_slug: z.nullish(z.string()),
            tasks: z.nullish(z.array(Task)),
          }),
        ),
      }),
    ),
    null,
  ),
})
export type FlowRun = z.infer<typeof FlowRun>

export const Deployment = z.object({ id: uuid, name: z.string() })
export type Deployment = z.infer<typeof Deployment>

/** The used part of Prefect's `Graph` (graph-v2): pairs of an id and a node. */
export const Graph = z.object({
  nodes: z.array(
    z.tuple([
      z.string(),
      z.object({ kind: z.string(), id: z.string(), label: z.string(), state_type: z.nullish(z.string()) }),
    ]),
  ),
})
export type Graph = z.infer<typeof Graph>

export const Logs = z.array(
  z.object({ level: z.number(), message: z.string(), timestamp: z.string(), task_run_id: z.nullish(z.string()) }),
)
export type Logs = z.infer<typeof Logs>

/** The usual body of a notification block. `parse/` reads other bodies too. */
export const WebhookBody = z.looseObject({ body: z.string() })

// Templates are written by hand. Only the run and its state are required; any other field of another shape counts as
// missing.

const text = z.catch(z.nullish(z.string()), null)
/** Python's str() writes a space between date and time. */
const pythonTime = z.catch(
  z.nullish(
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((written) => written.replace(" ", "T")),
      ),
      time,
    ),
  ),
  null,
)
const State = z.catch(z.nullish(z.object({ type: text, name: text, message: text })), null)

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
    "prefect.resource.name": text,
    "prefect.state-name": text,
    "prefect.state-type": text,
    "prefect.state-message": text,
    "prefect.state-timestamp": pythonTime,
  }),
  related: z.catch(
    z.array(
      z.object({
        "prefect.resource.id": z.string(),
        "prefect.resource.role": z.string(),
        "prefect.resource.name": text,
      }),
    ),
    [],
  ),
  payload: z.catch(z.nullish(z.object({ validated_state: State })), null),
})
export type FlowRunEvent = z.infer<typeof FlowRunEvent>

/** The fields that a template for an automation may have. The API description of the webhook lists them. */
export const RunInState = z.object({
  flow_run_id: uuid,
  flow_run_name: text,
  deployment_id: z.catch(z.nullish(uuid), null),
  deployment_name: text,
  state_name: text,
  state_type: text,
  state: text,
  message: text,
  occurred: pythonTime,
  tags: z.catch(z.array(z.string()), []),
  parameters: FlowRun.shape.parameters,
})
export type RunInState = z.infer<typeof RunInState>
