import { oneLine, truncate } from "./text"

/** The author of what the service itself says. */
export const SERVICE_AUTHOR = "Dalgo"

const MAX_SUBJECT_LENGTH = 60
const MAX_ORG_LENGTH = 24

/** The e-mail subject of an announcement: "[Acme] Household survey was not updated". */
export function announcementSubject({ orgName, message }: { orgName: string; message: string }): string {
  const org = truncate(oneLine(orgName), MAX_ORG_LENGTH)
  const [firstLine = ""] = message.split("\n", 1)
  const [sentence = firstLine] = /^.*?[.:](?=\s|$)/.exec(firstLine) ?? []
  return truncate(`[${org}] ${oneLine(sentence).replace(/[.:]$/, "")}`, MAX_SUBJECT_LENGTH)
}

/** Each begins a line with text from outside, which is one line and stands at the end: it cannot imitate other lines. */
export const AI_LABEL = "By AI, may be wrong:"
export const LOG_LABEL = "From the log:"
export const DETAILS_LABEL = "Technical details:"

/** An announcement, and the technical lines at its end. */
export function splitDetails(message: string): { main: string; details: string[] } {
  const lines = message.split("\n")
  const from = lines.findIndex((line) => [DETAILS_LABEL, LOG_LABEL].some((label) => line.startsWith(label)))
  return from < 0
    ? { main: message, details: [] }
    : { main: lines.slice(0, from).join("\n"), details: lines.slice(from) }
}

/** The author of what an erased person sent. */
export const ERASED_AUTHOR = "Former member"
