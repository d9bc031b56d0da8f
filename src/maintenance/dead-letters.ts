import type { Deps } from "../deps"
import { log } from "../runtime/log"
import { isSignalMessage } from "../runtime/queue-messages"
import { receiveQueuedFeedback } from "../signals/email-feedback/receive"
import * as queries from "./dead-letter-queries"

/**
 * Stores the messages that a queue gave up on, for the platform admins. The work itself is not lost. Our own messages name
 * rows that are still due, and the sweep finds them. An event of Email Service has no row yet, so it is received here.
 */
export async function consumeDeadLetters(deps: Deps, batch: MessageBatch): Promise<void> {
  const { queue, messages } = batch
  log({ event: "dead_letters_received", queue, count: messages.length, reason: "every retry failed" })
  await queries.insertDeadLetters(deps.db, { queue, messages, now: deps.now() })
  // This queue also takes the dead letters of the queue to which Email Service sends its events.
  const emailEvents = queue === "dalgo-signals-dead" ? messages.filter(({ body }) => !isSignalMessage(body)) : []
  await Promise.all(emailEvents.map((message) => receiveQueuedFeedback(deps, message)))
  batch.ackAll()
}
