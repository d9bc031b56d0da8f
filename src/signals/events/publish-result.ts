import type { PublishResult } from "../../notifications/publish"
import type { EventResult } from "./source"

/**
 * The result of an event whose notification was published with `finishPublishedEvent` in its batch. Without a new
 * notification that statement changed nothing, so that the event is still to be finished.
 */
export function toEventResult({ kind }: PublishResult): EventResult {
  switch (kind) {
    case "published":
      return { kind: "committed", status: "processed", reason: "published" }
    case "already":
    case "conflict":
      return { kind: "done", status: "processed", reason: "already_published" }
    case "no_recipients":
      return { kind: "done", status: "processed", reason: "no_recipients" }
  }
}
