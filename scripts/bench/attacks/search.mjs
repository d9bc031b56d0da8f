import { seedSql } from "../../local/demo-users.mjs"
import { format, summary, timed } from "../measure.mjs"

const MESSAGES = 100_000
const PER_STATEMENT = 5_000
const BIG_MESSAGES = 400
const AT_ONCE = 20
const [BOB, CHARLIE] = [2, 3]

/** All eight trigrams of x and y, so that every such phrase has trigrams of every message. */
const X_AND_Y = "xxxyxyyyxx"
const PHRASES = {
  "trigrams of every message, in another order": "yxyyxyyyxyxxyxxxyxxyyxyyxxyxyxxxyyxyxyxxyyyxyyxyxx",
  "trigrams that alternate between messages": "evenly mixed and oddly placed",
  "one half of the organisation has each": "older half of them and newest half of them",
  "10 kB of one letter": "a".repeat(50),
  "10 kB of one letter, and a phrase that is not there": `${"a".repeat(24)}b${"a".repeat(25)}`,
  "32 capital letters beyond ASCII": "ЦЧШЩЪЫЬЭЮЯ АБВГДЕЖЗИЙКЛМНОПРСТУФХ",
  quotes: `"${`"'`.repeat(20)}`,
  "% and _": "%_%_%_%_%_pipeline%",
  emoji: "🙂".repeat(25),
  Devanagari: "नमस्ते नया डेटा",
  "a frequent word": "pipeline",
  "a rare word": "heron",
}
const WORST = "trigrams of every message, in another order"

/** Searches of one person at 100,000 messages, alone and 20 at once, and what somebody of another organisation waits. */
export async function run(instance) {
  await fill(instance.db)
  const rows = []
  const token = await instance.tokenOf(BOB)
  const search = searcher(instance, token)
  await search("warm up")
  rows.push({
    attack: "none",
    measured: "a page of the same inbox",
    idle: await timesOf(() => page(instance, token)),
    during: "",
  })
  for (const [name, phrase] of Object.entries(PHRASES)) {
    rows.push({
      attack: `search: ${name}`,
      measured: "that search",
      idle: await timesOf(() => search(phrase)),
      during: "",
    })
  }

  const honest = {
    "unread count of another organisation": unreadCount(instance, await instance.tokenOf(CHARLIE)),
    webhook: webhook(instance),
  }
  for (const [measured, request] of Object.entries(honest)) {
    await request()
    const idle = await timesOf(request)
    const attack = Promise.all(Array.from({ length: AT_ONCE }, () => timed(() => search(PHRASES[WORST]))))
    const during = []
    for (let i = 0; i < 5; i++) during.push((await timed(request)).ms)
    const longest = Math.max(...(await attack).map(({ ms }) => ms))
    rows.push({
      attack: `${AT_ONCE} searches at once (the last took ${format(longest)})`,
      measured,
      idle,
      during: summary(during),
    })
  }
  return rows
}

const REPEATS = 4

async function timesOf(request) {
  const times = []
  for (let i = 0; i < REPEATS; i++) times.push((await timed(request)).ms)
  return summary(times)
}

async function fetchOk(...request) {
  const response = await fetch(...request)
  const body = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${body}`)
  return body
}

const searcher =
  ({ url }, token) =>
  (phrase) =>
    fetchOk(`${url}/api/notifications/filtered?q=${encodeURIComponent(phrase)}`, {
      headers: { authorization: `Bearer ${token}` },
    })

const page = ({ url }, token) =>
  fetchOk(`${url}/api/notifications/filtered`, { headers: { authorization: `Bearer ${token}` } })

const unreadCount =
  ({ url }, token) =>
  () =>
    fetchOk(`${url}/api/notifications/unread_count`, { headers: { authorization: `Bearer ${token}` } })

const webhook =
  ({ url, webhookKey }) =>
  () =>
    fetchOk(`${url}/webhooks/v1/notification/`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-notification-key": webhookKey },
      body: JSON.stringify({ body: `Flow run silver-heron with id ${crypto.randomUUID()} entered state Failed` }),
    })

/** All messages are in Bob's inbox. The newest ones are big. */
async function fill(db) {
  await db.batch(
    seedSql()
      .split("\n")
      .map((statement) => db.prepare(statement)),
  )
  const text = `'The pipeline number ' || value || ' failed at step ' || (value * 7919 % 104729) || ' of the dbt run. Please check the
 credentials of the source, then run it again from the page Orchestrate. ${X_AND_Y} ' ||
 iif(value % 2, 'evenly mixed ', 'oddly placed ') || iif(value < ${MESSAGES / 2}, 'older half of them', 'newest half of them') ||
 iif(value % 9973 = 1, ' heron', '')`
  for (let from = 1; from <= MESSAGES; from += PER_STATEMENT) {
    const last = Math.min(from + PER_STATEMENT - 1, MESSAGES)
    const ids = JSON.stringify(Array.from({ length: last - from + 1 }, (_, i) => from + i))
    await insert(db, ids, text)
  }
  const big = ["абвгдежзийклмнопрстуфхцчшщъыьэюя абв ё ".repeat(100), `${"a".repeat(3_900)}abaab${"a".repeat(6_000)}`]
  for (const [group, message] of big.entries()) {
    const ids = Array.from({ length: BIG_MESSAGES }, (_, i) => MESSAGES + 1 + i + group * BIG_MESSAGES)
    await insert(db, JSON.stringify(ids), `'${message}'`)
  }
}

const insert = (db, ids, text) =>
  db.batch([
    db
      .prepare(
        `INSERT INTO notifications (id, org_id, author, message, created_at, sent_at, publication_id)
         SELECT value, 1, 'a', ${text}, value * 60000, value * 60000, 'bench ' || value FROM json_each(?)`,
      )
      .bind(ids),
    db
      .prepare(
        `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
         SELECT ${BOB}, n.id % 2, n.sent_at, n.id, n.category, n.urgent FROM json_each(?) CROSS JOIN notifications n ON n.id = value`,
      )
      .bind(ids),
  ])
