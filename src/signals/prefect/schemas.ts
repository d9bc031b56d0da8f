import * as z from "zod/mini"

export const uuid = z.guid().check(z.toLowerCase())
const time = z.pipe(
  z.iso.datetime({ offset: true, local: true }),
  z.transform((text: string) => Date.parse(text)),
)

/** Dalgo's webhook: one sentence in `body`. */
export const WebhookBody = z.looseObject({ body: z.string() })

/** What we use of Prefect's `FlowRunResponse`. */
export const FlowRun = z.object({
  id: uuid,
  name: z.string(),
  deployment_id: z.nullish(uuid),
  parent_task_run_id: z.nullish(uuid),
  state_type: z.nullish(z.string()),
  state_name: z.nullish(z.string()),
  state: z.nullish(z.object({ message: z.nullish(z.string()), timestamp: z.nullish(time) })),
  start_time: z.nullish(time),
  end_time: z.nullish(time),
  tags: z._default(z.array(z.string()), []),
  parameters: z.catch(
    z.nullish(
      z.object({
        config: z.nullish(
          z.object({
            org_slug: z.nullish(z.string()),
            tasks: z.nullish(z.array(z.object({ slug: z.nullish(z.string()), type: z.nullish(z.string()) }))),
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

/** What we use of Prefect's `Graph` (graph-v2): pairs of an id and a node. */
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
