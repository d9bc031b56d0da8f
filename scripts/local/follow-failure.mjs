import { setTimeout as sleep } from "node:timers/promises"

const PATIENCE_MS = 30_000

async function read(url, token) {
  const response = await fetch(url, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
    signal: AbortSignal.timeout(5_000),
  })
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`)
  return response.json()
}

/** What can be seen of the newest notification, in the inboxes of those people, in the first one's bar, and as mail. */
export async function look({ worker, mail, people, after }) {
  const [bar, mails, ...inboxes] = await Promise.all([
    read(`${worker.url}/api/notifications/urgent-bar`, people[0].token),
    read(`${mail.url}/messages`),
    ...people.map(({ token }) => read(`${worker.url}/api/notifications/v1?page=1&limit=5`, token)),
  ])
  const isNew = ({ id, category }) => id > (after?.newestId ?? 0) && category === "job_failure"
  const found = inboxes.map(({ res }) => (after ? res.find(isNew) : undefined))
  const item = found.find(Boolean)
  const isTo = (person) => (each) => each.to.includes(person.email)
  const sent = mails.slice(after?.mailCount ?? 0)
  return {
    newestId: Math.max(0, ...inboxes.flatMap(({ res }) => res.map(({ id }) => id))),
    mailCount: mails.length,
    urgent: bar.total ?? bar.res.length,
    isInBar: item !== undefined && bar.res.some(({ id }) => id === item.id),
    holders: people.filter((_, index) => found[index]),
    mailed: people.filter((person) => sent.some(isTo(person))),
    mailsWithSummary: sent.filter(({ text }) => text.includes("Summary")).length,
    message: item?.message ?? "",
  }
}

const hasAllArrived = ({ holders, mailed, isInBar, message }) =>
  holders.length > 0 && mailed.length === holders.length && isInBar && message.includes("Summary")

/** Looks until everything is there, or for thirty seconds. */
export async function waitForArrival(where) {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const seen = await look(where).catch((error) => ({ error }))
    const isDone = !seen.error && hasAllArrived(seen)
    if (isDone || Date.now() > deadline) return seen
    await sleep(500)
  }
}

const names = (people) => people.map(({ name }) => name).join(" and ")

function summaryLine(message) {
  const at = message.search(/^.*Summary/m)
  if (at < 0) return "did not arrive within 30 s"
  const [heading, ...lines] = message.slice(at).split("\n")
  const kind = heading.match(/Summary\s*\(([^)]*)\)/)?.[1] ?? "there"
  const count = lines.filter((line) => line.trim()).length
  return `${kind}, ${count} ${count === 1 ? "line" : "lines"}`
}

/** What became of a sample failure, in a few lines for the terminal. */
export function describe({ error, holders, mailed, urgent, isInBar, mailsWithSummary, message }, people) {
  if (error) return `  It could not be followed: ${error.message}`
  if (holders.length === 0) return "  It reached nobody's inbox within 30 s. The log may say why."
  const [first] = message.split("\n", 1)
  const more = holders.length > 1 ? "have" : "has"
  const withSummary = mailsWithSummary > 0 ? `, ${mailsWithSummary} with the summary` : ", without the summary"
  return [
    `  inbox    ${names(holders)} ${more} it: "${first.length > 90 ? `${first.slice(0, 89)}…` : first}"`,
    `  bar      ${isInBar ? `${urgent} urgent for ${people[0].name}` : `not in ${people[0].name}'s bar`}`,
    `  mail     ${mailed.length > 0 ? `sent to ${names(mailed)}${withSummary}` : "none arrived within 30 s"}`,
    `  summary  ${summaryLine(message)}`,
  ].join("\n")
}
