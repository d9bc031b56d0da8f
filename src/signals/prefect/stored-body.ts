import { firstCharacters, lastCharacters } from "../../domain/text"
import { parseJson } from "../../runtime/zod"
import { parseBody } from "./parse/body"
import { parseObject } from "./parse/event"
import type { RunEvent } from "./parse/run-event"

/** A body up to this length is stored as it came, if it names one run. */
export const MAX_STORED_LENGTH = 65_536

/** Tracebacks name their cause in the last lines. */
const MESSAGE_HEAD = 4_000
const MESSAGE_TAIL = 16_000
const MAX_TAGS = 50
const MAX_TASKS = 200

/**
 * The body that is stored for one run of a body that is too long, or that names several runs: the fields of a template,
 * of which `parseStoredBody` makes the same event. `receivedBody` is kept for people, in one of the rows.
 */
export function toStoredBody(event: RunEvent, { receivedBody }: { receivedBody: string | null }): string {
  const { flowRunId, stateName, isSubflow, isAfterCompletion, embedded } = event
  const { run, deployment } = embedded ?? {}
  const config = run?.parameters?.config
  return JSON.stringify({
    flow_run_id: flowRunId,
    state_name: stateName,
    parent_task_run_id: isSubflow ? (run?.parent_task_run_id ?? "not known") : undefined,
    initial_state_type: isAfterCompletion ? "COMPLETED" : undefined,
    flow_run_name: run?.name,
    deployment_id: run?.deployment_id,
    deployment_name: deployment?.name,
    run_count: run?.run_count,
    state_type: run?.state_type,
    message: run?.state?.message && cutMiddle(run.state.message, MESSAGE_HEAD, MESSAGE_TAIL),
    occurred: isoTime(run?.state?.timestamp ?? run?.end_time),
    tags: run?.tags.slice(0, MAX_TAGS),
    parameters: config && { config: { org_slug: config.org_slug, tasks: config.tasks?.slice(0, MAX_TASKS) } },
    received_body: receivedBody && cutBody(receivedBody, MAX_STORED_LENGTH / 2),
  })
}

/** The event of a stored body; `undefined` if it is unreadable. */
export function parseStoredBody(body: string): RunEvent | undefined {
  const stored = parseJson(body)
  if (typeof stored !== "object" || stored === null || !("received_body" in stored)) return parseBody(body)[0]
  const { received_body: _, ...fields } = stored
  return parseObject(fields)
}

/** The beginning and the end of a body that is too long to be kept. */
export const cutBody = (body: string, maxLength = MAX_STORED_LENGTH): string =>
  cutMiddle(body, Math.floor(maxLength / 2), Math.floor(maxLength / 2))

function cutMiddle(text: string, head: number, tail: number): string {
  if (text.length <= head + tail) return text
  const first = firstCharacters(text, head)
  const last = lastCharacters(text, tail)
  return `${first}\n[${text.length - first.length - last.length} characters cut]\n${last}`
}

const isoTime = (at: number | null | undefined) => (at ? new Date(at).toISOString() : undefined)
