import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import type { LogFields } from "../../runtime/log"

/**
 * The result of processing an event.
 *
 * - `done`: processing is complete, and `handleEvent` must update the row.
 * - `committed`: processing is complete, and the source has updated the row in the batch of a notification.
 * - `later`: it stays pending and is processed again at `dueAt` (milliseconds since 1970). This counts as a failed
 *   attempt, of which there are only so many, unless `isWait` says that nothing has failed. A source that throws
 *   `MisconfiguredError` waits too, until the variable is corrected.
 * - `beyond_share`: its organisation, which was not known before, has used up its share of the queue. It is processed again
 *   in the bulk lane. This does not count as an attempt.
 *
 * `reason` is one of our words or an error's name, never text from the event: it is logged.
 */
export type EventResult = (
  | { kind: "done" | "committed"; status: "processed" | "ignored" | "failed"; reason: string }
  | { kind: "later"; dueAt: number; reason: string; isWait?: boolean }
  | { kind: "beyond_share"; orgId: number }
) & { logFields?: Pick<LogFields, "flow_run_id"> }

/** One system whose events are stored in `signal_events`. `Signal` is the type of a parsed body. */
export interface SignalSource<Signal = unknown> {
  /** Parses a body; `undefined` if it is unreadable. Called once per attempt. If it throws, the event is retried. */
  parse(body: string): Signal | undefined
  /** Does what the event asks for. It may run more than once for an event, but not twice at the same time. */
  process(deps: Deps, input: { event: SignalEvent; signal: Signal }): Promise<EventResult>
}

/** The number of the current attempt, from 1, without those that ended in a wait. */
export const attemptNumber = ({ attempts, waits }: SignalEvent) => attempts - waits
