import type { DueRow } from "../db/due-in-turn"
import type { Deps } from "../deps"
import { errorName, log, type LogFields } from "../runtime/log"
import { sendSignals } from "../runtime/queue-lanes"
import type { EventSource, SignalMessage } from "../runtime/queue-messages"
import { sendOneDue } from "../notifications/send-scheduled"
import { selectOverdueSummaries } from "../summaries/queries"
import { divideBurst } from "./divide-burst"
import { shareOf } from "./events/enqueue"
import { handleEvent } from "./events/handle"
import { selectOverdueEvents } from "./events/queries"
import { addSummary } from "./prefect/add-summary"
import { SOURCES } from "./sources"

const RETRY_SECONDS = 30
const MAX_PER_SWEEP = 500

/** Consumes a batch of a lane of the queue `signals`. A message that fails is retried and does not hold up the others. */
export async function consumeSignals(deps: Deps, batch: MessageBatch<SignalMessage>): Promise<void> {
  const messages = batch.queue === "dalgo-signals" ? await divideBurst(deps, batch.messages) : batch.messages
  await Promise.all(
    messages.map(async (message) => {
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
    case "summary":
      return addSummary(deps, message)
    case "fan_out":
      return sendOneDue(deps, message)
    default:
      return handleEvent(deps, SOURCES, message)
  }
}

/**
 * Enqueues overdue events and summaries again: a message was lost, a retry is due, or the claiming worker died.
 * Organisations are taken in turn, so that the backlog of one does not hold up the others.
 */
export async function sweepSignals(deps: Deps): Promise<void> {
  const now = deps.now()
  const [events, summaries] = await deps.db.batch([
    selectOverdueEvents(deps.db, { now, limit: MAX_PER_SWEEP }),
    selectOverdueSummaries(deps.db, { now, limit: MAX_PER_SWEEP }),
  ])
  await sendSignals(deps, [...events.map(toEventMessage), ...summaries.map(toSummaryMessage)])
}

function toEventMessage({ orgId, key }: DueRow) {
  const [eventId, source]: [number, EventSource] = JSON.parse(key)
  return { body: { kind: source, eventId }, orgId: shareOf({ source, orgId: orgId || null }) }
}

function toSummaryMessage({ orgId, key }: DueRow) {
  const [flowRunId]: [string] = JSON.parse(key)
  return { body: { kind: "summary" as const, flowRunId }, orgId }
}

function logFieldsOf(message: SignalMessage): LogFields {
  switch (message.kind) {
    case "summary":
      return { flow_run_id: message.flowRunId }
    case "fan_out":
      return { notification_id: message.notificationId }
    default:
      return { signal_id: message.eventId }
  }
}
