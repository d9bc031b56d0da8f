import type { Deps } from "../../deps"
import { errorName, log } from "../../runtime/log"
import { receiveEvent } from "../events/receive"
import { eventIdOf, parseEmailFeedback } from "./interpret"

/** Stores an event about a mail and enqueues it. `false`: it is stored, but not understood. */
export async function receiveEmailFeedback(
  deps: Deps,
  { body, dedupeKey }: { body: string; dedupeKey: string | undefined },
): Promise<boolean> {
  const isReadable = parseEmailFeedback(body) !== undefined
  const result = await receiveEvent(deps, { source: "mail_event", body, isReadable, dedupeKey })
  return result !== "not_understood"
}

/** Stores a message from the queue of Email Service, as `receiveEmailFeedback`. Repeated deliveries are stored once. */
export function receiveQueuedFeedback(deps: Deps, { id, body: rawBody }: Message): Promise<boolean> {
  const body = typeof rawBody === "string" ? rawBody : (JSON.stringify(rawBody) ?? "")
  const eventId = eventIdOf(body)
  return receiveEmailFeedback(deps, { body, dedupeKey: eventId ? `cloudflare:${eventId}` : `queue:${id}` })
}

const RETRY_SECONDS = 60
const MAX_RETRY_SECONDS = 3_600

/** Consumes the events of Cloudflare's Email Service. An unreadable one is acknowledged: no sender could get a rejection. */
export async function consumeEmailEvents(deps: Deps, batch: MessageBatch): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await receiveQueuedFeedback(deps, message)
        message.ack()
      } catch (error) {
        log({ event: "signal_failed", source: "mail_event", reason: errorName(error) })
        message.retry({ delaySeconds: Math.min(RETRY_SECONDS * message.attempts, MAX_RETRY_SECONDS) })
      }
    }),
  )
}
