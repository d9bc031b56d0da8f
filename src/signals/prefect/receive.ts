import type { Deps } from "../../deps"
import { type ReceiveResult, receiveEvent } from "../events/receive"
import { candidateSlugs } from "./find-org"
import { parseBody } from "./parse/body"

/**
 * Stores a webhook body of Prefect's. It has no dedupe key: the failure's own key makes one notification of repeats.
 */
export function receivePrefectEvent(deps: Deps, { body }: { body: string }): Promise<ReceiveResult> {
  const runEvent = parseBody(body)
  const run = runEvent?.embedded?.run
  const orgSlugs = run ? candidateSlugs(run) : []
  return receiveEvent(deps, { source: "prefect", body, isReadable: runEvent !== undefined, orgSlugs })
}
