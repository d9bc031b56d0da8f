import type { Deps } from "../../deps"
import { type ReceiveResult, receiveEvent, receiveEvents } from "../events/receive"
import { candidateSlugs } from "./find-org"
import { parseBody } from "./parse/body"
import type { RunEvent } from "./parse/run-event"
import { cutBody, MAX_STORED_LENGTH, toStoredBody } from "./stored-body"

const SOURCE = "prefect"
/** Also the limit of a batch of Queues. */
const MAX_RUNS = 100

/**
 * Stores a webhook body of Prefect's, as an event for each run that it names. There is no dedupe key: the failure's own
 * key makes one notification of repeats. Of more than `MAX_RUNS` runs the first ones are processed, and the body is kept
 * as one that was not understood.
 */
export async function receivePrefectEvent(deps: Deps, { body }: { body: string }): Promise<ReceiveResult> {
  const runs = parseBody(body)
  const keep = (isReadable: boolean, orgSlugs: string[] = []) =>
    receiveEvent(deps, { source: SOURCE, body: cutBody(body), isReadable, orgSlugs })
  const [first] = runs
  if (!first) return keep(false)
  if (runs.length === 1 && body.length <= MAX_STORED_LENGTH) return keep(true, slugsIn(first))
  const events = runs.slice(0, MAX_RUNS).map((run, i) => ({
    body: toStoredBody(run, { receivedBody: i === 0 ? body : null }),
    orgSlugs: slugsIn(run),
  }))
  await receiveEvents(deps, { source: SOURCE, events })
  return runs.length > MAX_RUNS ? keep(false) : "received"
}

const slugsIn = ({ embedded }: RunEvent): string[] => (embedded ? candidateSlugs(embedded.run) : [])
