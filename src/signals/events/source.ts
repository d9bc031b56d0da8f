import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import type { LogLine } from "../../runtime/log"

/**
 * What the processing of an event comes to.
 *
 * - `done`: it is over, and `handleEvent` is to record that.
 * - `committed`: it is over, and a batch of the source has recorded that together with a notification.
 * - `later`: it stays pending and is processed again at `dueAt` (milliseconds since 1970).
 *
 * `reason` is one of our words or an error's name, never text from the event: it is logged.
 */
export type EventResult = (
  | { kind: "done" | "committed"; status: "processed" | "ignored" | "failed"; reason: string }
  | { kind: "later"; dueAt: number; reason: string }
) & { logFields?: Pick<LogLine, "flow_run_id"> }

/** One system whose events are stored in `signal_events`. `Signal` is what its bodies say. */
export interface SignalSource<Signal = unknown> {
  /** Reads a body; `undefined` if it is unreadable. Called once per attempt; what it throws is retried. */
  parse(body: string): Signal | undefined
  /** Does what the event asks for. It may run more than once for an event, but not twice at the same time. */
  process(deps: Deps, input: { event: SignalEvent; signal: Signal }): Promise<EventResult>
}
