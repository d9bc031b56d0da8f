import { setTimeout as sleep } from "node:timers/promises"

/** The line that the log of the run adds to the message. */
const SUMMARY_LINE = /^(?:By AI, may be wrong|From the log):.*/m
const MAX_LINE_LENGTH = 90
const TIMEOUT_MS = 30_000

async function fetchJson(url, token) {
  const response = await fetch(url, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
    signal: AbortSignal.timeout(5_000),
  })
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`)
  return response.json()
}

/**
 * Reads the inboxes of the given users, the urgent bar of the first one, and the mail catcher. With `after` (an earlier
 * result), it also reports the first job failure that is newer.
 */
export async function readState({ worker, mail, users, after }) {
  const [bar, emails, ...inboxes] = await Promise.all([
    fetchJson(`${worker.url}/api/notifications/urgent-bar`, users[0].token),
    fetchJson(`${mail.url}/messages`),
    ...users.map(({ token }) => fetchJson(`${worker.url}/api/notifications/v1?page=1&limit=5`, token)),
  ])
  const isNewFailure = ({ id, category }) => id > (after?.newestId ?? 0) && category === "job_failure"
  const found = inboxes.map(({ res }) => (after ? res.find(isNewFailure) : undefined))
  const item = found.find(Boolean)
  const newEmails = emails.slice(after?.emailCount ?? 0)
  return {
    newestId: Math.max(0, ...inboxes.flatMap(({ res }) => res.map(({ id }) => id))),
    emailCount: emails.length,
    urgentCount: bar.total ?? bar.res.length,
    isInBar: item !== undefined && bar.res.some(({ id }) => id === item.id),
    inboxUsers: users.filter((_, index) => found[index]),
    emailedUsers: users.filter((user) => newEmails.some(({ to }) => to.includes(user.email))),
    emailsWithSummary: newEmails.filter(({ text }) => SUMMARY_LINE.test(text)).length,
    message: item?.message ?? "",
  }
}

const isComplete = ({ inboxUsers, emailedUsers, isInBar, message }) =>
  inboxUsers.length > 0 && emailedUsers.length === inboxUsers.length && isInBar && SUMMARY_LINE.test(message)

/** Polls until the failure is in the inboxes, in the bar, in the e-mails and summarised, for at most 30 seconds. */
export async function waitForFailure(options) {
  const deadline = Date.now() + TIMEOUT_MS
  for (;;) {
    const state = await readState(options).catch((error) => ({ error }))
    const isDone = !state.error && isComplete(state)
    if (isDone || Date.now() > deadline) return state
    await sleep(500)
  }
}

const namesOf = (users) => users.map(({ name }) => name).join(" and ")

function summaryLine(message) {
  const [line] = message.match(SUMMARY_LINE) ?? []
  if (!line) return "not written within 30 s"
  return line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH - 1)}…` : line
}

/** The result of `waitForFailure`, as lines for the terminal. */
export function formatState(state, users) {
  const { error, inboxUsers, emailedUsers, urgentCount, isInBar, emailsWithSummary, message } = state
  if (error) return `  The result could not be read: ${error.message}`
  if (inboxUsers.length === 0) return "  No inbox received it within 30 s. Look into the log."
  const [firstLine] = message.split("\n", 1)
  const excerpt = firstLine.length > MAX_LINE_LENGTH ? `${firstLine.slice(0, MAX_LINE_LENGTH - 1)}…` : firstLine
  const withSummary = emailsWithSummary > 0 ? `, ${emailsWithSummary} with the summary` : ", without the summary"
  return [
    `  inbox       ${namesOf(inboxUsers)}: "${excerpt}"`,
    `  urgent bar  ${isInBar ? `${urgentCount} for ${users[0].name}` : `not in the bar of ${users[0].name}`}`,
    `  e-mail      ${emailedUsers.length > 0 ? `sent to ${namesOf(emailedUsers)}${withSummary}` : "none arrived within 30 s"}`,
    `  summary     ${summaryLine(message)}`,
  ].join("\n")
}
