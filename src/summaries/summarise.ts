import * as z from "zod/mini"
import { commit } from "../db/client"
import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { extractErrors } from "./extract"
import type { LogEntry } from "./log-entry"
import { logForModel, SYSTEM_PROMPT } from "./prompt"
import * as queries from "./queries"

/** The default of Workers AI is 256, which cuts an answer off. */
const MAX_TOKENS = 800
const MAX_TEXT_LENGTH = 1_500
const AI_TIMEOUT_MS = 25_000

/** Older models of Workers AI respond in the first shape, newer ones in the second. */
const NonEmptyText = z.string().check(z.trim(), z.minLength(1))
const ModelResponse = z.union([
  z.object({ response: NonEmptyText }),
  z.object({ choices: z.tuple([z.object({ message: z.object({ content: NonEmptyText }) })], z.unknown()) }),
])
const textOf = (response: z.infer<typeof ModelResponse>) =>
  "response" in response ? response.response : response.choices[0].message.content

type Summary = { source: "ai" | "extract"; model: string | null; text: string; reason: string | null }

/**
 * Summarises the log of a failed run and appends the summary to the notification, which was sent before. If no model
 * responds, the summary is the error lines of the log, and its title says so. Concurrent calls may both summarise;
 * only the first summary is kept and appended.
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
  log({ event: "summary_added", flow_run_id: flowRunId, notification_id: notificationId, source: summary.source })
}

async function summariseByModel(
  deps: Deps,
  { flowRunId, entries }: { flowRunId: string; entries: LogEntry[] },
): Promise<Summary | undefined> {
  if (entries.length === 0) return undefined
  const model = deps.config.AI_MODEL
  const startedAt = deps.now()
  try {
    const response = await withTimeout(
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
    const text = textOf(ModelResponse.parse(response)).slice(0, MAX_TEXT_LENGTH)
    return { source: "ai", model, text: `Summary (written by AI, may be wrong)\n${text}`, reason: null }
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
