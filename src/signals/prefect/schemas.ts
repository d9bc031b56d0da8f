import * as z from "zod"

const uuid = z.guid().transform((id) => id.toLowerCase())
const time = z.iso.datetime({ offset: true, local: true }).transform((text) => Date.parse(text))

/** Dalgo's webhook: one sentence in `body`. */
export const WebhookBody = z.looseObject({ body: z.string() })

/** What we use of Prefect's `FlowRunResponse`. */
export const FlowRun = z.object({
  id: uuid,
  name: z.string(),
  deployment_id: uuid.nullish(),
  parent_task_run_id: uuid.nullish(),
  state_type: z.string().nullish(),
  state_name: z.string().nullish(),
  state: z.object({ message: z.string().nullish(), timestamp: time.nullish() }).nullish(),
  start_time: time.nullish(),
  end_time: time.nullish(),
  tags: z.array(z.string()).default([]),
  parameters: z
    .object({
      config: z
        .object({
          org_slug: z.string().nullish(),
          tasks: z.array(z.object({ slug: z.string().nullish(), type: z.string().nullish() })).nullish(),
        })
        .nullish(),
    })
    .nullish()
    .catch(null),
})
export type FlowRun = z.infer<typeof FlowRun>

export const Deployment = z.object({ id: uuid, name: z.string() })
export type Deployment = z.infer<typeof Deployment>

/** What we use of Prefect's `Graph` (graph-v2): pairs of an id and a node. */
export const Graph = z.object({
  nodes: z.array(
    z.tuple([
      z.string(),
      z.object({ kind: z.string(), id: z.string(), label: z.string(), state_type: z.string().nullish() }),
    ]),
  ),
})
export type Graph = z.infer<typeof Graph>

export const Logs = z.array(
  z.object({ level: z.number(), message: z.string(), timestamp: z.string(), task_run_id: z.string().nullish() }),
)
export type Logs = z.infer<typeof Logs>
