import { uuidFrom } from "./failed-run.mjs"

const iso = (ms) => new Date(ms).toISOString()

const labelOf = ({ slug, isSubflow }) => {
  if (!isSubflow) return `${slug}-0`
  return slug === "git-pull" ? "shellopjob / shellop-git-pull" : `dbtjob_v2_runner / dbtjob-${slug}`
}

export function graphBody({ id, failure, steps, startMs, endMs, step: self }) {
  const shown = self ? [] : steps
  const stateType = self ? self.stateType : failure.stateType
  const node = (step, index) => ({
    kind: step.isSubflow ? "flow-run" : "task-run",
    id: step.id,
    label: labelOf(step),
    state_type: step.stateType,
    start_time: iso(startMs + step.startsAfterMs),
    end_time: iso(startMs + step.endsAfterMs),
    parents: index > 0 ? [{ id: shown[index - 1].id }] : [],
    children: index + 1 < shown.length ? [{ id: shown[index + 1].id }] : [],
    encapsulating: [],
    artifacts: [],
  })
  return {
    start_time: iso(startMs),
    end_time: iso(endMs),
    root_node_ids: shown.slice(0, 1).map((step) => step.id),
    nodes: shown.map((step, index) => [step.id, node(step, index)]),
    artifacts: [],
    states: [
      { id: uuidFrom("running", id), timestamp: iso(startMs), type: "RUNNING", name: "Running" },
      {
        id: uuidFrom("state", id),
        timestamp: iso(endMs),
        type: stateType,
        name: stateType === "COMPLETED" ? "Completed" : failure.stateName,
      },
    ],
  }
}

/** The log lines of the run and of the step that failed, oldest first. */
function logsOfRun({ id, failure, steps, startMs, endMs }) {
  const failed = steps.at(-1)
  const lines = [
    [20, "run", `Picked up by worker dalgo-worker-2 from the queue ddp`],
    [20, "run", `Beginning flow run '${failure.name}' for flow 'deployment-schedule-flow-v5'`],
    ...steps.map(({ slug }, index) => [20, "run", `Step ${index + 1}, ${slug}, has begun`]),
    ...failure.lines,
    [40, "run", `Finished in state ${failure.stateName}('${failure.message}')`],
  ]
  const gapMs = Math.floor((endMs - startMs) / (lines.length - 1))
  return lines.map(([level, source, message], index) => {
    const at = iso(startMs + index * gapMs)
    const isStep = source === "step"
    return {
      id: uuidFrom("log", id, String(index)),
      created: at,
      updated: at,
      name: isStep && !failed.isSubflow ? "prefect.task_runs" : "prefect.flow_runs",
      level,
      message,
      timestamp: at,
      flow_run_id: isStep && failed.isSubflow ? failed.id : id,
      task_run_id: isStep && !failed.isSubflow ? failed.id : null,
    }
  })
}

/** The ids of an `any_` filter, 200 at most. */
export const filterIds = (filter) =>
  Array.isArray(filter?.any_) ? filter.any_.slice(0, 200).map((id) => String(id).toLowerCase()) : []

/** The log lines that match the body of `POST /logs/filter`. */
export function filterLogs(runs, { logs: filter, sort = "TIMESTAMP_ASC", limit = 200, offset = 0 } = {}) {
  const requested = new Set(filterIds(filter?.flow_run_id))
  const found = [...requested].flatMap((id) => {
    const run = runs.run(id)
    return run ? logsOfRun(run.parent ?? run).filter((line) => line.flow_run_id === id) : []
  })
  const { level, task_run_id: task, timestamp } = filter ?? {}
  const kept = found.filter(
    (line) =>
      line.level >= (level?.ge_ ?? 0) &&
      line.level <= (level?.le_ ?? 50) &&
      (!task?.any_ || filterIds(task).includes(line.task_run_id)) &&
      (task?.is_null_ === undefined || task.is_null_ === null || task.is_null_ === (line.task_run_id === null)) &&
      (!timestamp?.after_ || Date.parse(line.timestamp) >= Date.parse(timestamp.after_)) &&
      (!timestamp?.before_ || Date.parse(line.timestamp) <= Date.parse(timestamp.before_)),
  )
  kept.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
  if (sort === "TIMESTAMP_DESC") kept.reverse()
  return kept.slice(offset, offset + limit)
}
