import { AI_LABEL, DETAILS_LABEL, LOG_LABEL } from "../domain/announcement"
import type { Failure, Reach } from "../domain/failure"
import { oneLine, truncate } from "../domain/text"
import { formatDate, type NamedTime } from "../domain/time"
import type { Cause, Meaning } from "./causes/cause"
import { type Explanation, explainCause } from "./causes/explain"
import { findCause, type FoundCause } from "./causes/find-cause"
import type { LogEntry } from "./log-entry"

const MAX_NAME_LENGTH = 60
const MAX_SENTENCE_LENGTH = 250
/** Of the lines whose text comes from outside. */
const MAX_LINE_LENGTH = 1_600

export type FailureMessage = {
  message: string
  times: NamedTime[]
  /** What the log tells; `undefined` if it says no more than that the run failed. */
  fromLog: string | undefined
}

type Known = {
  /** The log; empty before it has been read. */
  entries?: LogEntry[]
  /** What a model says of the log. */
  aiText?: string | undefined
  /** Whether only members read it: the value of a cell may be personal data. */
  isForMembers?: boolean
}

/** What may be claimed of the pipeline, by what the failure means for its data. */
const OUTCOME: Record<Meaning, string> = {
  D1: "was not updated",
  D2: "was not fully updated",
  D3: "was not updated",
  D4: "was not fully updated",
  D5: "did not finish",
  D6: "was updated, but a check of its data failed",
}

/**
 * The message of a failed run, from what is known so far. Every line can stand alone, since the web app shows all of them
 * as one paragraph, and the first two suffice.
 */
export function failureMessage(
  failure: Failure,
  { entries = [], aiText, isForMembers = true }: Known = {},
): FailureMessage {
  const { stateMessage, lastCompletedAt } = failure
  const times: NamedTime[] = []
  const inWords = (at: number): string => {
    const words = formatDate(at, { zone: failure.timeZone, now: failure.publishedAt })
    if (times.every(([, named]) => named !== words)) times.push([at, words])
    return words
  }

  const found = findCause({ stateMessage, entries })
  // Where the state tells the cause, the log's own best line is a detail.
  const inLog = found.from === "log" || entries.length === 0 ? found : findCause({ entries })
  const lineOf = ({ line, publicLine }: FoundCause) => (isForMembers ? line : (publicLine ?? line))
  const logLine = inLog.from === "log" ? lineOf(inLog) : undefined
  const stateLine = found.from === "state" ? lineOf(found) : undefined
  const cause = found.cause ?? unknownCause(failure)
  const lastGood = lastCompletedAt === null ? {} : { last_good: inWords(lastCompletedAt) }
  const explanation = explainCause(cause, { ...found.values, ...lastGood }, found)
  const { what, data, forMembers } = explanation
  const name = truncate(oneLine(failure.pipeline ?? ""), MAX_NAME_LENGTH) || "A pipeline"

  const lines = [
    `${name} ${OUTCOME[cause.meaning]}. ${sentence(what)}`,
    sentence(data),
    `To do: ${sentence(adviceTo(failure, explanation).replace(/^Nothing to do\b/, "Nothing"))}`,
    failure.link && `See the run: ${failure.link}`,
    labelled(AI_LABEL, [aiText]),
    labelled(DETAILS_LABEL, [
      whereStopped(failure, inWords),
      isForMembers ? forMembers : undefined,
      stateLine ?? (logLine ? undefined : (stateMessage ?? undefined)),
    ]),
    labelled(LOG_LABEL, [logLine]),
  ]
  const fromLog = logLine ?? (found.cause && found.from === "log" ? what : undefined)
  return { message: withFullStops(lines.filter((line): line is string => Boolean(line))), times, fromLog }
}

const MEANING_WITHOUT_CAUSE: Record<Reach, Meaning> = { sync: "D1", transformation: "D3", unknown: "D5" }

const unknownCause = ({ reach }: Failure): Cause => ({
  id: "unknown",
  who: "admin",
  waitingHelps: "maybe",
  patterns: [],
  says: "We could not tell why.",
  meaning: MEANING_WITHOUT_CAUSE[reach],
  advice: "Your admin can look at the run, and can ask Dalgo's team if it fails again.",
})

/** Whoever must mend it must know of it. That they do is said only where the platform admins are told. */
function adviceTo({ isTeamTold }: Failure, { advice, who }: Explanation): string {
  if (who !== "dalgo" || /\b(?:ask|tell) Dalgo's team/i.test(advice)) return advice
  return isTeamTold ? `${advice} They were told.` : `${advice.replace("Nothing to do on your side: ", "")} Tell them.`
}

function whereStopped({ step, failedAt }: Failure, inWords: (at: number) => string): string | undefined {
  if (step === null && failedAt === null) return undefined
  return `Stopped${step === null ? "" : ` at ${step}`}${failedAt === null ? "" : ` on ${inWords(failedAt)}`}.`
}

/** One line, so that a text from outside cannot imitate our own lines. It ends in a full stop. */
function sentence(text: string): string {
  const line = truncate(oneLine(text), MAX_SENTENCE_LENGTH)
  return /[.!?…]$/.test(line) ? line : `${line}.`
}

/** A technical line that another follows ends in a full stop. An address does not, since that would become part of it. */
const withFullStops = (lines: string[]): string =>
  lines.map((line, i) => (i === lines.length - 1 || /(?:[.!?…]|:\/\/\S+)$/.test(line) ? line : `${line}.`)).join("\n")

function labelled(label: string, parts: (string | undefined)[]): string | undefined {
  const text = parts
    .map((part) => joinLines(part ?? ""))
    .filter(Boolean)
    .join(" ")
  return text && `${label} ${truncate(text, MAX_LINE_LENGTH)}`
}

/** The lines of a text as one. A line without an end gets one, so that its words do not run into the next line's. */
function joinLines(text: string): string {
  const lines = text.split("\n").map(oneLine).filter(Boolean)
  return lines.map((line, i) => (i === lines.length - 1 || /[.,:;!?…]$/.test(line) ? line : `${line}.`)).join(" ")
}
