import { by, everybody, lookers, type Organisation, type Person } from "./test-org"
import { type Asked, elsewhereKey, mailKey, PUSH_SERVICE, ROOMS_AT } from "./fakes"
import type { Port, Steps } from "./fault-injector"
import type { World } from "./world"

/** Something that was said, or that somebody tried to say. */
export type Said = {
  mark: string
  /** Whether somebody was told that it is said; otherwise it may be there or not, but not in part. */
  isAccepted: boolean
  inbox: Person[]
  mails: Person[]
  /** In the organisation's room and on Ben's device. */
  isToldElsewhere?: true
}

type Row = { id: number; mark: string; message: string; sent_at: number | null }
type InboxRow = { org_user_id: number; notification_id: number; is_read: number; urgent: number; sent_at: number }
type Delivery = {
  notification_id: number
  recipient_id: number
  status: string
  attempts: number
  reason: string | null
}

const MARK = /mark-\d+/
/** The first, and one after each back-off. */
const MOST_TRIES = 7
const SUMMARY = /Summary \(/g

/**
 * What is not as it must be, now that nothing is left to be done. Each function below is one truth; that nobody gets an
 * error for a lost hint is another.
 */
export async function untruths(world: World, org: Organisation, said: Said[]): Promise<string[]> {
  const seen = await look(world, org)
  return [
    ...inboxes(seen, said),
    ...counters(seen),
    ...mails(world, seen, said),
    ...(await elsewhere(world, seen, said)),
    ...(await ends(world)),
    ...summaries(seen),
    ...(await bars(world, org, seen)),
    ...world.needless,
  ]
}
export const TRUTHS = ["inboxes", "counters", "mails", "elsewhere", "ends", "summaries", "bars", "answers"] as const

type Seen = {
  org: Organisation
  notifications: Row[]
  inboxes: InboxRow[]
  counters: { org_user_id: number; total: number; unread: number; unread_urgent: number }[]
  deliveries: Delivery[]
  summaries: { notification_id: number; status: string }[]
}

async function look(world: World, org: Organisation): Promise<Seen> {
  const people = JSON.stringify(everybody(org).map((who) => who.orgUserId))
  const among = "org_user_id IN (SELECT value FROM json_each(?))"
  const own = "notification_id IN (SELECT id FROM notifications WHERE org_id = ?)"
  const [notifications = [], inboxRows = [], counterRows = [], deliveries = [], summaryRows = []] = await world.tables(
    ["SELECT id, message, sent_at FROM notifications WHERE org_id = ?", org.id],
    [`SELECT * FROM notification_recipients WHERE ${among} ORDER BY sent_at DESC, notification_id DESC`, people],
    [`SELECT * FROM inbox_counters WHERE ${among}`, people],
    [`SELECT * FROM deliveries WHERE channel = 'email' AND ${own}`, org.id],
    [`SELECT * FROM summaries WHERE ${own}`, org.id],
  )
  return {
    org,
    notifications: notifications.map((row) => ({ ...row, mark: row.message.match(MARK)?.[0] ?? "" })),
    inboxes: inboxRows,
    counters: counterRows,
    deliveries,
    summaries: summaryRows,
  }
}

const list = (values: unknown[]) => values.join(", ") || "nobody"
const differ = (some: unknown[], others: unknown[]) => JSON.stringify(some) !== JSON.stringify(others)

/** What was accepted is in every inbox once; what was not is there wholly or not at all. */
function inboxes(seen: Seen, said: Said[]): string[] {
  const faults = seen.notifications
    .filter(({ mark }) => !said.some((each) => each.mark === mark))
    .map(({ message }) => `nobody said "${message}"`)
  for (const { mark, isAccepted, inbox } of said) {
    const found = seen.notifications.filter((row) => row.mark === mark)
    if (found.length === 0 && !isAccepted) continue
    if (found.length !== 1) faults.push(`${mark} is there ${found.length} times`)
    const holders = seen.inboxes.filter((row) => found.some(({ id }) => id === row.notification_id))
    const expected = inbox.map((who) => who.orgUserId)
    const actual = holders.map((row) => row.org_user_id).toSorted((a, b) => a - b)
    if (differ(actual, expected)) faults.push(`${mark} is in the inboxes of ${list(actual)}, not of ${list(expected)}`)
  }
  return faults
}

function counters(seen: Seen): string[] {
  return everybody(seen.org).flatMap(({ orgUserId }) => {
    const rows = seen.inboxes.filter((row) => row.org_user_id === orgUserId)
    const unread = rows.filter((row) => !row.is_read)
    const counted = seen.counters.find((row) => row.org_user_id === orgUserId)
    const actual = [counted?.total ?? 0, counted?.unread ?? 0, counted?.unread_urgent ?? 0]
    const expected = [rows.length, unread.length, unread.filter((row) => row.urgent).length]
    return differ(actual, expected) ? [`${orgUserId} is counted ${list(actual)}, and has ${list(expected)}`] : []
  })
}

/** Every mail went out, and once more at most for each time that a worker could not know that it had. */
function mails(world: World, seen: Seen, said: Said[]): string[] {
  const faults: string[] = []
  for (const { mark, mails: wanted } of said) {
    const row = seen.notifications.find((each) => each.mark === mark)
    if (!row) continue
    const rows = seen.deliveries.filter((each) => each.notification_id === row.id)
    const expected = wanted.map((who) => who.orgUserId)
    const actual = rows.map((each) => each.recipient_id).toSorted((a, b) => a - b)
    if (differ(actual, expected)) faults.push(`${mark} has mails to ${list(actual)}, not to ${list(expected)}`)
    for (const who of wanted) {
      const key = mailKey(who.email, mark)
      const delivery = rows.find((each) => each.recipient_id === who.orgUserId)
      const taken = world.post.taken.filter((asked) => asked.key === key).length
      const excused = excuses(world.steps, world.post, key)
      if (!isGoodEnd(world, seen, { who, delivery }) || (delivery?.status === "sent" ? taken === 0 : taken > excused)) {
        faults.push(`${key} is ${delivery?.status} (${delivery?.reason}), and went out ${taken} times`)
      }
      const most = world.post.timesMeant(key) + excused
      if (taken > most) faults.push(`${key} went out ${taken} times, and at most ${most} can be excused`)
      const refused = world.post.refused.filter((asked) => asked.key === key).length
      if (refused > most) faults.push(`${key} was refused for good ${refused} times`)
    }
  }
  const meant = new Set(said.flatMap(({ mark, mails: wanted }) => wanted.map((who) => mailKey(who.email, mark))))
  const got = world.post.taken.filter(({ key }) => key.endsWith(`@${seen.org.slug}.test`))
  faults.push(...world.post.toFormer.map((key) => `${key} went to a member no longer`))
  for (const { key } of got) if (!meant.has(key)) faults.push(`nobody was to get ${key}`)
  return faults
}

/** What is said in a room and on a device is said there, and again only where a worker could not know that it was. */
async function elsewhere(world: World, { org, notifications }: Seen, said: Said[]): Promise<string[]> {
  const rows = await world.rows<{ notification_id: number; channel: string; status: string }>(
    `SELECT * FROM deliveries WHERE channel IN ('discord', 'push')
       AND notification_id IN (SELECT id FROM notifications WHERE org_id = ?)`,
    org.id,
  )
  return said.flatMap(({ mark, isToldElsewhere }) => {
    const row = notifications.find((each) => each.mark === mark)
    if (!row) return []
    const own = rows.filter((each) => each.notification_id === row.id)
    if (!isToldElsewhere) return own.length === 0 ? [] : [`${mark} was said elsewhere`]
    const places = {
      discord: elsewhereKey(ROOMS_AT, `/api/webhooks/${org.id}/token`, mark),
      push: elsewhereKey(PUSH_SERVICE, `/fcm/send/${org.id}`, `notification-${row.id}`),
    }
    return Object.entries(places).flatMap(([channel, key]) => {
      const status = own.find((each) => each.channel === channel)?.status
      const times = world.elsewhere.asked.filter((asked) => asked.key === key).length
      const most = 1 + excuses(world.steps, world.elsewhere, key)
      return status === "sent" && times >= 1 && times <= most
        ? []
        : [`${key} is ${status}, and was said ${times} times`]
    })
  })
}

/** Most mails are sent in the end. Of the others each has its reason, and is a row that an admin can see. */
function isGoodEnd(world: World, { org }: Seen, { who, delivery }: { who: Person; delivery: Delivery | undefined }) {
  switch (delivery?.status) {
    case "sent":
      return true
    case "failed":
      return world.post.isBad(who.email)
    case "dead":
      return delivery.attempts >= MOST_TRIES && delivery.reason !== null
    case "suppressed":
      return delivery.reason === "not_a_member" && org.left.has(who)
    default:
      return false
  }
}

const PROVIDERS = new Set<Port>(["e-mail", "room", "push service"])

/**
 * How often this may have been repeated: each time that a worker died, or fell asleep, with the mail in its hands,
 * or that the provider's yes was lost. A worker that lives can write down what it knows, so that one error of the
 * database excuses nothing; two in a row do.
 */
function excuses(steps: Steps, { asked: all }: { asked: Asked[] }, key: string): number {
  const tries = all.filter((asked) => asked.key === key)
  return new Set(
    steps.struck
      .filter(({ run, at, kind, port }) => {
        const own = tries.filter((asked) => asked.run === run)
        if (kind === "stalls") return own.length > 0
        if (kind === "is overtaken") return false
        const isAfter = own.some((asked) => asked.at <= at)
        if (kind === "dies before" || kind === "dies after") return isAfter
        if (PROVIDERS.has(port)) return kind === "reply lost" && own.some((asked) => asked.at === at)
        return isAfter && steps.of(run).filter((other) => other.port === port).length > 1
      })
      .map(({ run, at }) => `${run.number}:${at}`),
  ).size
}

/** Nothing is under way for ever. */
async function ends(world: World): Promise<string[]> {
  const left = await world.rows<{ what: string }>(
    `SELECT 'the mail ' || notification_id || ' to ' || recipient_id || ' is ' || status AS what FROM deliveries
     WHERE status IN ('pending', 'sending') OR due_at IS NOT NULL
     UNION ALL SELECT 'notification ' || id || ' is under way' FROM notifications WHERE due_at IS NOT NULL OR sent_at IS NULL
     UNION ALL SELECT 'event ' || id || ' is ' || status FROM signal_events
     WHERE status NOT IN ('processed', 'ignored') OR due_at IS NOT NULL
     UNION ALL SELECT 'the summary of ' || flow_run_id || ' is ' || status FROM summaries
     WHERE status = 'running' OR due_at IS NOT NULL`,
  )
  return [...left.map(({ what }) => what), ...world.queue.waiting.map(({ queue }) => `a message waits on ${queue}`)]
}

/** A summary is in its notification once if it was made, and else not at all. */
function summaries(seen: Seen): string[] {
  return seen.notifications.flatMap(({ id, mark, message }) => {
    const made = seen.summaries.filter((row) => row.notification_id === id && row.status === "completed").length
    const shown = message.match(SUMMARY)?.length ?? 0
    return made === shown ? [] : [`${mark} shows ${shown} summaries, and ${made} were made`]
  })
}

/** The bar of everybody, once it has compared itself, shows what their inbox has. */
async function bars(world: World, org: Organisation, seen: Seen): Promise<string[]> {
  await world.alarm(org.id)
  const faults: string[] = []
  for (const who of lookers(org)) {
    const answer = await world.insist("/api/notifications/urgent-bar", by(who, "GET"))
    if (answer.status === 403) continue
    const { res, total } = await answer.json<any>()
    const shown = res.map(({ id, message }: { id: number; message: string }) => `${id}: ${message}`)
    const expected = seen.inboxes
      .filter((row) => row.org_user_id === who.orgUserId && row.urgent && !row.is_read)
      .map(
        (row) => `${row.notification_id}: ${seen.notifications.find(({ id }) => id === row.notification_id)?.message}`,
      )
    if (total !== expected.length || differ(shown, expected)) {
      faults.push(`the bar of ${who.email} shows ${total}: ${list(shown)}; and not ${list(expected)}`)
    }
  }
  return faults
}
