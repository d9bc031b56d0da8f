import * as z from "zod/mini"
import { commit } from "../db/client"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { extractErrors, type LogEntry, logForModel, SYSTEM_PROMPT } from "./prompt"
import * as queries from "./queries"

/** Models cut off at 256 otherwise. */
const MAX_TOKENS = 800
const MAX_TEXT_LENGTH = 1_500
const AI_TIMEOUT_MS = 25_000

/** Classic models answer the one, newer ones the other. */
const NonEmptyText = z.string().check(z.trim(), z.minLength(1))
const ModelResponse = z.union([
  z.object({ response: NonEmptyText }),
  z.object({ choices: z.tuple([z.object({ message: z.object({ content: NonEmptyText }) })], z.unknown()) }),
])
const textOf = (answer: z.infer<typeof ModelResponse>) =>
  "response" in answer ? answer.response : answer.choices[0].message.content

type Summary = { source: "ai" | "extract"; model: string | null; text: string; reason: string | null }

/**
 * Summarises a failed run by its log and appends that to the notification already sent. Never throws for want of a
 * model: the error lines themselves take its place and say so.
 */
export async function summarise(
  deps: Deps,
  { flowRunId, notificationId, entries }: { flowRunId: string; notificationId: number; entries: LogEntry[] },
): Promise<void> {
  const summary = (await summariseByModel(deps, { flowRunId, entries })) ?? summariseByExtract(entries)
  const now = deps.now()
  if (!summary) {
    await queries.failSummary(deps.db, { flowRunId, reason: "no log, no error in it", now })
    return
  }
  await commit(deps.db, [
    queries.completeSummary(deps.db, { flowRunId, ...summary, now }),
    queries.appendSummary(deps.db, { notificationId, text: summary.text, now }),
  ])
  log({ event: "summary_made", flow_run_id: flowRunId, notification_id: notificationId, source: summary.source })
}

async function summariseByModel(
  deps: Deps,
  { flowRunId, entries }: { flowRunId: string; entries: LogEntry[] },
): Promise<Summary | undefined> {
  if (entries.length === 0) return undefined
  const model = deps.config.AI_MODEL
  const startedAt = deps.now()
  try {
    const answer = await withTimeout(
      AI_TIMEOUT_MS,
      // The catalogue of models is open; the type knows those of one day.
      deps.ai.run(model as keyof AiModels, {
        messages: [
          { role: "system", content: SYSTEM_PROMPT },
          { role: "user", content: logForModel(entries) },
        ],
        max_tokens: MAX_TOKENS,
        temperature: 0,
      }),
    )
    const text = textOf(ModelResponse.parse(answer)).slice(0, MAX_TEXT_LENGTH)
    return { source: "ai", model, text: `Summary (written by AI, may be wrong)\n${text}`, reason: null }
  } catch (error) {
    log({
      event: "summary_fell_back",
      flow_run_id: flowRunId,
      reason: errorName(error),
      ms: deps.now() - startedAt,
    })
    return undefined
  }
}

function summariseByExtract(entries: LogEntry[]): Summary | undefined {
  const text = extractErrors(entries)
  return text === undefined
    ? undefined
    : {
        source: "extract",
        model: null,
        text: `Summary (taken from the log, no AI was available)\n${text}`,
        reason: "no model answered",
      }
}

async function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new Error("took too long")), ms)
  return Promise.race([work, timeout.promise]).finally(() => clearTimeout(timer))
}
