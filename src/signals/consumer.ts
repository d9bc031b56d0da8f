import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import type { SignalMessage } from "../runtime/queue-messages"
import { continueFanOut } from "../notifications/fan-out"
import { processEmailFeedback } from "./email-feedback/process"
import { processPrefectEvent } from "./prefect/process"
import { addSummary } from "./prefect/add-summary"
import * as queries from "./events/queries"
import { announceGoneWebhook } from "./chat-webhook-gone/process"

const RETRY_SECONDS = 30
const MAX_PER_SWEEP = 100

/** Takes a batch of the queue, each message by itself: one that fails does not hold up the others. */
export async function consumeSignals(deps: Deps, batch: MessageBatch<SignalMessage>): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await dispatch(deps, message.body)
        message.ack()
      } catch (error) {
        log({
          event: "queue_message_retried",
          queue: batch.queue,
          reason: errorName(error),
          ...logFieldsOf(message.body),
        })
        message.retry({ delaySeconds: RETRY_SECONDS * message.attempts })
      }
    }),
  )
}

function dispatch(deps: Deps, message: SignalMessage): Promise<void> {
  switch (message.kind) {
    case "prefect":
      return processPrefectEvent(deps, message)
    case "room_gone":
      return announceGoneWebhook(deps, message)
    case "mail_event":
      return processEmailFeedback(deps, message)
    case "summary":
      return addSummary(deps, message)
    case "fan_out":
      return continueFanOut(deps, message)
  }
}

/** Hints again at what is overdue: its hint was lost, or whoever had it died. */
export async function sweepSignals(deps: Deps): Promise<void> {
  const now = deps.now()
  const [events, summaries] = await deps.db.batch([
    queries.selectOverdueEvents(deps.db, { now, limit: MAX_PER_SWEEP }),
    queries.selectOverdueSummaries(deps.db, { now, limit: MAX_PER_SWEEP }),
  ])
  const messages: SignalMessage[] = [
    ...events,
    ...summaries.map(({ flowRunId }) => ({ kind: "summary" as const, flowRunId })),
  ]
  for (let i = 0; i < messages.length; i += 100) {
    await deps.signals.sendBatch(messages.slice(i, i + 100).map((body) => ({ body })))
  }
}

const logFieldsOf = (message: SignalMessage) => {
  switch (message.kind) {
    case "prefect":
    case "room_gone":
    case "mail_event":
      return { signal_id: message.eventId }
    case "summary":
      return { flow_run_id: message.flowRunId }
    case "fan_out":
      return { notification_id: message.notificationId }
  }
}
