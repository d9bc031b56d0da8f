import { isNonFailureState, UNKNOWN_STATE } from "../states"
import type { RunEvent } from "./run-event"

/** One event for each run, in the order in which the runs are named first. */
export function mergeRuns(events: RunEvent[]): RunEvent[] {
  const byRun = new Map<string, RunEvent>()
  for (const event of events) {
    const earlier = byRun.get(event.flowRunId)
    byRun.set(event.flowRunId, earlier ? mergeTwo(earlier, event) : event)
  }
  return [...byRun.values()]
}

function mergeTwo(one: RunEvent, other: RunEvent): RunEvent {
  const [counts, rest] = isLater(other, one) ? [other, one] : [one, other]
  const embedded = counts.embedded ?? (rest.stateName === counts.stateName ? rest.embedded : undefined)
  return {
    ...counts,
    ...((one.isSubflow || other.isSubflow) && { isSubflow: true }),
    ...(embedded && { embedded }),
  }
}

/** By the time of its state, else by what may be a failure: Prefect is asked about it. */
function isLater(other: RunEvent, one: RunEvent): boolean {
  const [at, thanAt] = [other, one].map((event) => event.embedded?.run.state?.timestamp)
  if (at && thanAt && at !== thanAt) return at > thanAt
  return rank(other) > rank(one)
}

function rank({ stateName, embedded }: RunEvent): number {
  if (stateName === UNKNOWN_STATE) return 0
  return 1 + (isNonFailureState(stateName) ? 0 : 2) + (embedded ? 1 : 0)
}
