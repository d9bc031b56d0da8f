import { commit } from "../db/client"
import type { Deps } from "../deps"
import { announcementSubject } from "../domain/announcement"
import type { Failure } from "../domain/failure"
import { errorName, log } from "../runtime/log"
import { withTimeLimit } from "../runtime/time-limit"
import { parseAnswer } from "./answer"
import { failureMessage } from "./failure-message"
import type { LogEntry } from "./log-entry"
import { logForModel, SYSTEM_PROMPT } from "./prompt"
import * as queries from "./queries"

/** The default of Workers AI is 256, which cuts an answer off. */
const MAX_TOKENS = 800
const AI_TIMEOUT_MS = 25_000

class UnusableAnswerError extends Error {
  override readonly name = "UnusableAnswerError"
}

type Summary = { source: "ai" | "extract"; model: string | null; text: string; reason: string | null }
type FailedRun = { flowRunId: string; notificationId: number; failure: Failure }

/**
 * Composes the message of a failed run again, with what its log tells: a known cause, what a model says of it, its best
 * line. The notification was published before. Concurrent calls may both do it; only the first one is kept.
 */
export async function summarise(
  deps: Deps,
  { flowRunId, notificationId, failure, entries }: FailedRun & { entries: LogEntry[] },
): Promise<void> {
  const answer = failure.usesAi ? await askModel(deps, { flowRunId, entries }) : undefined
  const { message, times, fromLog } = failureMessage(failure, { entries, aiText: answer?.text })
  const now = deps.now()
  const summary = toSummary({ answer, fromLog, usesAi: failure.usesAi })
  if (!summary) {
    await queries.failSummary(deps.db, { flowRunId, reason: "no log, no error in it", now })
    return
  }
  const emailSubject = announcementSubject({ orgName: failure.orgName, message })
  await commit(deps.db, [
    queries.completeSummary(deps.db, { flowRunId, ...summary, now }),
    queries.updateMessage(deps.db, { notificationId, message, times, emailSubject, now }),
  ])
  log({ event: "summary_added", flow_run_id: flowRunId, notification_id: notificationId, source: summary.source })
}

type Answer = { model: string; text: string }

function toSummary({
  answer,
  fromLog,
  usesAi,
}: {
  answer: Answer | undefined
  fromLog: string | undefined
  usesAi: boolean
}): Summary | undefined {
  if (answer) return { source: "ai", ...answer, reason: null }
  if (fromLog === undefined) return undefined
  return { source: "extract", model: null, text: fromLog, reason: usesAi ? "no model answered" : null }
}

async function askModel(
  deps: Deps,
  { flowRunId, entries }: { flowRunId: string; entries: LogEntry[] },
): Promise<Answer | undefined> {
  if (entries.length === 0) return undefined
  const model = deps.config.AI_MODEL
  const startedAt = deps.now()
  try {
    const response = await withTimeLimit(
      AI_TIMEOUT_MS,
      // `AiModels` lists the models of one day. The setting may name a newer one.
      deps.ai.run(model as keyof AiModels, {
        messages: [
          { role: "system", content: SYSTEM_PROMPT },
          { role: "user", content: logForModel(entries) },
        ],
        max_tokens: MAX_TOKENS,
        temperature: 0,
      }),
    )
    const text = parseAnswer(response)
    if (text === undefined) throw new UnusableAnswerError()
    return { model, text }
  } catch (error) {
    log({
      event: "summary_model_failed",
      flow_run_id: flowRunId,
      reason: errorName(error),
      ms: deps.now() - startedAt,
    })
    return undefined
  }
}
