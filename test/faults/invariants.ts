import { CHAT_HOST, emailKey, markerIn, messageKey, PUSH_HOST, type Received } from "./fakes"
import type { FaultInjector, Port } from "./fault-injector"
import { barReadersOf, membersOf, type Person, requestBy, type TestOrg } from "./test-org"
import type { World } from "./world"

/** What must come of one publication, or of one attempt to publish. */
export type Expectation = {
  marker: string
  /** Whether a response confirmed it. If not, it may be missing, but never in part. */
  isAccepted: boolean
  inbox: Person[]
  /** In the order of their ids. People with the same address get one email. */
  emails: Person[]
  /** Also sent to the organisation's Discord webhook and to Bob's device. */
  hasChatAndPush?: true
}

type Notification = { id: number; marker: string; message: string; sent_at: number | null }
type InboxRow = { org_user_id: number; notification_id: number; is_read: number; urgent: number; sent_at: number }
type Delivery = {
  notification_id: number
  recipient_id: number
  status: string
  attempts: number
  reason: string | null
}

/** The first attempt, and one after each of six delays. */
const MAX_ATTEMPTS = 7
/** The fake log has an error, which every completed summary shows. */
const SUMMARY_HEADING = /^From the log: /gm

/** Sentences about all invariants that do not hold. Call it when no work is due. */
export async function violations(world: World, org: TestOrg, expectations: Expectation[]): Promise<string[]> {
  const state = await readState(world, org)
  return [
    ...inboxViolations(state, expectations),
    ...counterViolations(state),
    ...emailViolations(world, state, expectations),
    ...(await chatAndPushViolations(world, state, expectations)),
    ...(await unfinishedWork(world)),
    ...summaryViolations(state),
    ...(await barViolations(world, org, state)),
    ...world.needlessErrors,
  ]
}
export const INVARIANTS = [
  "inboxes",
  "counters",
  "emails",
  "chat and push",
  "no unfinished work",
  "summaries",
  "urgent bars",
  "no needless errors",
] as const

type State = {
  org: TestOrg
  notifications: Notification[]
  inboxes: InboxRow[]
  counters: { org_user_id: number; total: number; unread: number; unread_urgent: number }[]
  deliveries: Delivery[]
  summaries: { notification_id: number; status: string }[]
}

async function readState(world: World, org: TestOrg): Promise<State> {
  const people = JSON.stringify(membersOf(org).map((person) => person.orgUserId))
  const ofMembers = "org_user_id IN (SELECT value FROM json_each(?))"
  // What spans organisations went to Alice.
  const notificationsOfOrg = `SELECT id, message, sent_at FROM notifications WHERE org_id = ?1
    OR (org_id IS NULL AND audience ->> 'email' = ?2)`
  const ofOrg = `notification_id IN (SELECT id FROM (${notificationsOfOrg}))`
  const [notifications = [], inboxRows = [], counterRows = [], deliveries = [], summaryRows = []] = await world.tables(
    [notificationsOfOrg, org.id, org.alice.email],
    [`SELECT * FROM notification_recipients WHERE ${ofMembers} ORDER BY sent_at DESC, notification_id DESC`, people],
    [`SELECT * FROM inbox_counters WHERE ${ofMembers}`, people],
    [`SELECT * FROM deliveries WHERE channel = 'email' AND ${ofOrg}`, org.id, org.alice.email],
    [`SELECT * FROM summaries WHERE ${ofOrg}`, org.id, org.alice.email],
  )
  return {
    org,
    notifications: notifications.map((row) => ({ ...row, marker: markerIn(row.message) })),
    inboxes: inboxRows,
    counters: counterRows,
    deliveries,
    summaries: summaryRows,
  }
}

const list = (values: unknown[]) => values.join(", ") || "none"
const differ = (actual: unknown[], expected: unknown[]) => JSON.stringify(actual) !== JSON.stringify(expected)

/** An accepted notification is in each recipient's inbox once. One that was not accepted is there completely or not at all. */
function inboxViolations(state: State, expectations: Expectation[]): string[] {
  const faults = state.notifications
    .filter(({ marker }) => !expectations.some((expectation) => expectation.marker === marker))
    .map(({ message }) => `nobody published "${message}"`)
  for (const { marker, isAccepted, inbox } of expectations) {
    const found = state.notifications.filter((row) => row.marker === marker)
    if (found.length === 0 && !isAccepted) continue
    if (found.length !== 1) faults.push(`${marker} was published ${found.length} times`)
    const holders = state.inboxes.filter((row) => found.some(({ id }) => id === row.notification_id))
    const expected = inbox.map((person) => person.orgUserId)
    const actual = holders.map((row) => row.org_user_id).toSorted((a, b) => a - b)
    if (differ(actual, expected))
      faults.push(`${marker} is in the inboxes of ${list(actual)}, expected ${list(expected)}`)
  }
  return faults
}

/** Each counter equals the inbox rows that it counts. */
function counterViolations(state: State): string[] {
  return membersOf(state.org).flatMap(({ orgUserId }) => {
    const rows = state.inboxes.filter((row) => row.org_user_id === orgUserId)
    const unread = rows.filter((row) => !row.is_read)
    const counted = state.counters.find((row) => row.org_user_id === orgUserId)
    const actual = [counted?.total ?? 0, counted?.unread ?? 0, counted?.unread_urgent ?? 0]
    const expected = [rows.length, unread.length, unread.filter((row) => row.urgent).length]
    return differ(actual, expected)
      ? [`the counters of ${orgUserId} are ${list(actual)}, expected ${list(expected)}`]
      : []
  })
}

/** Each email was sent, and repeated only as often as `allowedRepeats` says. */
function emailViolations(world: World, state: State, expectations: Expectation[]): string[] {
  const faults: string[] = []
  for (const { marker, emails } of expectations) {
    const row = state.notifications.find((notification) => notification.marker === marker)
    if (!row) continue
    const rows = state.deliveries.filter((delivery) => delivery.notification_id === row.id)
    const expected = emails.map((person) => person.orgUserId)
    const actual = rows.map((delivery) => delivery.recipient_id).toSorted((a, b) => a - b)
    if (differ(actual, expected)) faults.push(`${marker} has emails to ${list(actual)}, expected ${list(expected)}`)
    for (const person of emails) {
      const key = emailKey(person.email, marker)
      const delivery = rows.find((each) => each.recipient_id === person.orgUserId)
      const accepted = world.ses.accepted.filter((request) => request.key === key).length
      const repeats = allowedRepeats(world.faults, world.ses, key)
      const sameAddress = rows.filter(({ recipient_id }) =>
        emails.some(({ orgUserId, email }) => orgUserId === recipient_id && email === person.email),
      )
      const isCountRight = sameAddress.some(({ status }) => status === "sent") ? accepted > 0 : accepted <= repeats
      if (!isAcceptableOutcome(world, state, { person, delivery, sameAddress }) || !isCountRight) {
        faults.push(`${key} is ${delivery?.status} (${delivery?.reason}), and was sent ${accepted} times`)
      }
      const max = world.ses.timesWanted(key) + repeats
      if (accepted > max) faults.push(`${key} was sent ${accepted} times, allowed are ${max}`)
      const isShared = sameAddress.length > 1 && sameAddress.every(({ reason }) => reason !== "not_a_member")
      for (const { subject } of world.ses.accepted.filter((request) => request.key === key)) {
        const isNamed = subject?.startsWith(`[${state.org.slug}, ${state.org.aliceElsewhere.orgSlug}`)
        if (isShared && !isNamed) faults.push(`${key} has the subject ${subject}`)
      }
      const rejected = world.ses.rejected.filter((request) => request.key === key).length
      if (rejected > max) faults.push(`${key} was rejected ${rejected} times, allowed are ${max}`)
    }
  }
  const wanted = new Set(
    expectations.flatMap(({ marker, emails }) => emails.map((person) => emailKey(person.email, marker))),
  )
  const sent = world.ses.accepted.filter(({ key }) => key.endsWith(`@${state.org.slug}.test`))
  faults.push(...world.ses.sentToFormerMembers.map((key) => `${key} was sent to a former member`))
  for (const { key } of sent) if (!wanted.has(key)) faults.push(`${key} was sent without reason`)
  return faults
}

/** Each chat message and each push was sent, and repeated only as often as `allowedRepeats` says. */
async function chatAndPushViolations(
  world: World,
  { org, notifications }: State,
  expectations: Expectation[],
): Promise<string[]> {
  const rows = await world.rows<{ notification_id: number; channel: string; status: string }>(
    `SELECT * FROM deliveries WHERE channel IN ('discord', 'push')
       AND notification_id IN (SELECT id FROM notifications WHERE org_id = ?)`,
    org.id,
  )
  return expectations.flatMap(({ marker, hasChatAndPush }) => {
    const row = notifications.find((notification) => notification.marker === marker)
    if (!row) return []
    const deliveries = rows.filter((delivery) => delivery.notification_id === row.id)
    if (!hasChatAndPush) return deliveries.length === 0 ? [] : [`${marker} was sent to chat or push`]
    const keys = {
      discord: messageKey(CHAT_HOST, `/api/webhooks/${org.id}/token`, marker),
      push: messageKey(PUSH_HOST, `/fcm/send/${org.id}`, `notification-${row.id}`),
    }
    return Object.entries(keys).flatMap(([channel, key]) => {
      const status = deliveries.find((delivery) => delivery.channel === channel)?.status
      const sent = world.chatAndPush.received.filter((request) => request.key === key).length
      const max = 1 + allowedRepeats(world.faults, world.chatAndPush, key)
      return status === "sent" && sent >= 1 && sent <= max ? [] : [`${key} is ${status}, and was sent ${sent} times`]
    })
  })
}

/** An email that is not sent has a reason, in a row that admins can see. */
function isAcceptableOutcome(
  world: World,
  { org }: State,
  { person, delivery, sameAddress }: { person: Person; delivery: Delivery | undefined; sameAddress: Delivery[] },
) {
  switch (delivery?.status) {
    case "sent":
      return true
    case "failed":
      return world.ses.rejectedAddresses.has(person.email)
    case "dead":
      return delivery.attempts >= MAX_ATTEMPTS && delivery.reason !== null
    case "suppressed":
      return delivery.reason === "same_address"
        ? sameAddress.filter(({ status }) => status === "sent").length === 1
        : delivery.reason === "not_a_member" && org.removed.has(person)
    default:
      return false
  }
}

const PROVIDER_PORTS = new Set<Port>(["email provider", "chat", "push service"])

/**
 * How often a message may be repeated: once for each run that sent it and then crashed, lost the provider's response
 * or got two errors from the same port, or that stalled at any time. One database error allows no repeat: the worker
 * can still record the outcome with its next call.
 */
function allowedRepeats(faults: FaultInjector, { received }: { received: Received[] }, key: string): number {
  const attempts = received.filter((request) => request.key === key)
  return new Set(
    faults.injected
      .filter(({ run, at, kind, port }) => {
        const own = attempts.filter((request) => request.run === run)
        if (kind === "stall") return own.length > 0
        if (kind === "concurrent duplicate") return false
        const isAfter = own.some((request) => request.at <= at)
        if (kind === "crash before call" || kind === "crash after call") return isAfter
        if (PROVIDER_PORTS.has(port)) return kind === "response lost" && own.some((request) => request.at === at)
        return isAfter && faults.faultsIn(run).filter((other) => other.port === port).length > 1
      })
      .map(({ run, at }) => `${run.number}:${at}`),
  ).size
}

/** No row and no message waits for work. */
async function unfinishedWork(world: World): Promise<string[]> {
  const left = await world.rows<{ what: string }>(
    `SELECT 'the email of ' || notification_id || ' to ' || recipient_id || ' is ' || status AS what FROM deliveries
     WHERE status IN ('pending', 'sending') OR due_at IS NOT NULL
     UNION ALL SELECT 'notification ' || id || ' is not sent' FROM notifications WHERE due_at IS NOT NULL OR sent_at IS NULL
     UNION ALL SELECT 'event ' || id || ' is ' || status FROM signal_events
     WHERE status NOT IN ('processed', 'ignored') OR due_at IS NOT NULL
     UNION ALL SELECT 'the summary of ' || flow_run_id || ' is ' || status FROM summaries
     WHERE status = 'running' OR due_at IS NOT NULL`,
  )
  return [...left.map(({ what }) => what), ...world.queue.waiting.map(({ queue }) => `a message is left on ${queue}`)]
}

/** A completed summary is in its notification once; any other is not there. */
function summaryViolations(state: State): string[] {
  return state.notifications.flatMap(({ id, marker, message }) => {
    const completed = state.summaries.filter((row) => row.notification_id === id && row.status === "completed").length
    const shown = message.match(SUMMARY_HEADING)?.length ?? 0
    return completed === shown ? [] : [`${marker} shows ${shown} summaries, completed are ${completed}`]
  })
}

/** After its alarm, each urgent bar shows the urgent unread rows of the inbox. */
async function barViolations(world: World, org: TestOrg, state: State): Promise<string[]> {
  await world.runBarAlarm(org.id)
  const faults: string[] = []
  for (const person of barReadersOf(org)) {
    const answer = await world.requestUntilAnswered("/api/notifications/urgent-bar", requestBy(person, "GET"))
    if (answer.status === 403) continue
    const { res, total } = await answer.json<any>()
    const shown = res.map(({ id, message }: { id: number; message: string }) => `${id}: ${message}`)
    const expected = state.inboxes
      .filter((row) => row.org_user_id === person.orgUserId && row.urgent && !row.is_read)
      .map(
        (row) => `${row.notification_id}: ${state.notifications.find(({ id }) => id === row.notification_id)?.message}`,
      )
    if (total !== expected.length || differ(shown, expected)) {
      faults.push(`the bar of ${person.email} shows ${total}: ${list(shown)}; expected ${list(expected)}`)
    }
  }
  return faults
}
