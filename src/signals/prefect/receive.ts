import type { Deps } from "../../deps"
import { type ReceiveResult, receiveEvent } from "../events/receive"
import { parseBody } from "./parse/body"

/**
 * Stores a webhook body of Prefect's. It has no dedupe key: the failure's own key makes one notification of repeats.
 */
export const receivePrefectEvent = (deps: Deps, { body }: { body: string }): Promise<ReceiveResult> =>
  receiveEvent(deps, { source: "prefect", body, isReadable: parseBody(body) !== undefined })
