import type { Deps } from "../deps"
import { log } from "../runtime/log"
import { isSignalMessage } from "../runtime/queue-messages"
import { receiveQueuedFeedback } from "../signals/email-feedback/receive"
import * as queries from "./dead-letter-queries"

/**
 * Keeps what a queue gave up on, for those who run the service. Nothing is lost with it: the rows that our own messages
 * name are still due, and the sweep goes on with them; what Email Service told has no row yet, and gets one.
 */
export async function consumeDeadLetters(deps: Deps, batch: MessageBatch): Promise<void> {
  const { queue, messages } = batch
  log({ event: "dead_letter", source: queue, count: messages.length })
  await queries.insertDeadLetters(deps.db, { queue, messages, now: deps.now() })
  // The queue of our signals shares its dead letters with that of Email Service.
  const foreign = queue === "dalgo-signals-dead" ? messages.filter(({ body }) => !isSignalMessage(body)) : []
  await Promise.all(foreign.map((message) => receiveQueuedFeedback(deps, message)))
  batch.ackAll()
}
