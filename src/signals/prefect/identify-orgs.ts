import type { Deps } from "../../deps"
import { selectOrgsBySlugs } from "../../orgs/queries"
import * as queries from "../events/queries"
import { prefectClientFrom } from "./client"
import { candidateSlugs } from "./find-org"
import { couldBeFailure } from "./judge"
import type { FlowRun } from "./schemas"
import { parseStoredBody } from "./stored-body"

export type EventOrg = { orgId: number | undefined; isNew: boolean }

/** Limit of Prefect's API. */
const MAX_RUNS = 200

/**
 * Finds the organisations of pending events, all at once, so that each takes the share of its own. Returns the pending ones
 * of these events. An organisation that was not known before is stored, and `isNew`. An event that is not a failure has
 * none.
 *
 * 1. Read the events.
 * 2. Ask Prefect for the runs of those whose body names no organisation, in one request. Without an answer there are none.
 * 3. Read the organisations of their slugs, and store them with the events.
 */
export async function identifyOrgs(deps: Deps, { eventIds }: { eventIds: number[] }): Promise<Map<number, EventOrg>> {
  const events = await queries.selectPendingEvents(deps.db, { ids: eventIds })
  const pending = new Map<number, EventOrg>(
    events.map(({ id, orgId }) => [id, { orgId: orgId ?? undefined, isNew: false }]),
  )
  const unknown = events.filter(({ orgId }) => orgId === null).flatMap(toFailedRun)
  const runs = await fetchRuns(deps, [...new Set(unknown.map(({ flowRunId }) => flowRunId))])
  const slugsOf = new Map(runs.map((run) => [run.id.toLowerCase(), candidateSlugs(run)]))
  const slugs = [...new Set([...slugsOf.values()].flat())]
  if (slugs.length === 0) return pending

  const orgs = new Map((await selectOrgsBySlugs(deps.db, { slugs })).map(({ slug, id }) => [slug, id]))
  const found = unknown.flatMap(({ eventId, flowRunId }) => {
    const [orgId] = (slugsOf.get(flowRunId) ?? []).flatMap((slug) => orgs.get(slug) ?? [])
    return orgId === undefined ? [] : [[eventId, orgId] as const]
  })
  if (found.length > 0) await queries.updateOrgs(deps.db, { orgIds: found })
  for (const [eventId, orgId] of found) pending.set(eventId, { orgId, isNew: true })
  return pending
}

function toFailedRun({ id: eventId, body }: { id: number; body: string }) {
  const runEvent = parseStoredBody(body)
  return runEvent && couldBeFailure(runEvent) ? [{ eventId, flowRunId: runEvent.flowRunId.toLowerCase() }] : []
}

async function fetchRuns({ config }: Deps, ids: string[]): Promise<FlowRun[]> {
  const prefect = prefectClientFrom(config)
  if (!prefect || ids.length === 0) return []
  return prefect.flowRuns(ids.slice(0, MAX_RUNS)).catch(() => [])
}
