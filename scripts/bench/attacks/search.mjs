import { format, summary, timed } from "../measure.mjs"

const MESSAGES = 100_000
const PER_BATCH = 5_000
/** 10 kB of one letter. */
const LONG_MESSAGES = 200
const CONCURRENT = 20

/** What a person could type to make the index work hard. */
const PHRASES = {
  "trigrams of every message, in an order that none has": "household failed pipeline survey building the mod",
  "trigrams of two halves, which no message joins": "household survey xyzzy plugh qwerty uiop asdf",
  "the same letter 50 times, in 10 kB of it": "a".repeat(50),
  "the same letter, and another at the end": `${"a".repeat(49)}b`,
  "letters with two cases beyond ASCII": "школа школа ÉCOLE ÉÀÈÙÇÖÜÄÑ школа НОМЕР БЮДЖЕТ",
  "a word of every message": "pipeline",
  "a word of one message": "survey 54321",
}

/** One organisation with 100,000 messages, all in one inbox, and one with a single member. */
async function seed({ db }) {
  await db.batch([
    db.prepare("INSERT INTO orgs (id, slug, name) VALUES (1, 'acme', 'Acme'), (2, 'globex', 'Globex')"),
    db.prepare(`INSERT INTO org_users (id, org_id, user_id, email, role)
      VALUES (1, 1, '1', 'alice@acme.test', 'admin'), (2, 2, '2', 'charlie@globex.test', 'admin')`),
  ])
  for (let from = 0; from < MESSAGES; from += PER_BATCH) {
    await insert(
      db,
      `CASE WHEN value % 2
        THEN 'The pipeline household survey ' || value || ' failed on 23 November. It stopped at building the models.'
        ELSE 'The pipeline xyzzy ' || value || ' plugh qwerty uiop asdf ghjk. It stopped at building the models.' END`,
      from,
      PER_BATCH,
    )
  }
  await insert(db, "replace(hex(zeroblob(5000)), '0', 'a')", MESSAGES, LONG_MESSAGES)
}

const insert = (db, message, from, count) =>
  db.batch([
    db.prepare(`INSERT INTO notifications
        (org_id, author, message, category, audience, created_at, sent_at, publication_id)
      SELECT 1, 'Dalgo', ${message}, 'job_failure', '{"kind":"org"}', at, at, 'bench ' || value
      FROM (WITH RECURSIVE numbers (value) AS (
        SELECT ${from} UNION ALL SELECT value + 1 FROM numbers WHERE value < ${from + count - 1}
      ) SELECT value, 1700000000000 + value * 60000 AS at FROM numbers)`),
    db.prepare(`INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
      SELECT 1, 1, sent_at, id, category, urgent FROM notifications WHERE id > ${from}`),
  ])

export async function run(instance) {
  await seed(instance)
  const [alice, charlie] = await Promise.all([1, 2].map((id) => instance.tokenOf(id)))
  const get = async (path, token) => {
    const response = await fetch(`${instance.url}/api/notifications/${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    await response.arrayBuffer()
    return response.status
  }
  const search = (phrase) => get(`filtered?q=${encodeURIComponent(phrase)}`, alice)
  const unreadCount = () => get("unread_count", charlie)
  const webhook = (i) =>
    fetch(`${instance.url}/webhooks/v1/notification/`, {
      method: "POST",
      headers: { "x-notification-key": instance.webhookKey },
      body: JSON.stringify({
        body: `Flow run a with id ${String(i).padStart(8, "0")}-0000-4000-8000-000000000000 entered state Completed`,
      }),
    }).then((response) => response.arrayBuffer())

  await unreadCount()
  const rows = [
    {
      attack: "–",
      measured: "an inbox page",
      idle: summary(await timesOf(5, () => get("filtered", alice))),
      during: "–",
    },
  ]
  for (const [attack, phrase] of Object.entries(PHRASES)) {
    const idle = summary(await timesOf(5, () => search(phrase)))
    rows.push({ attack, measured: "one search", idle, during: "–" })
  }

  const [worst] = Object.values(PHRASES)
  for (const [measured, request] of Object.entries({
    "unread count of another organisation": unreadCount,
    "Prefect's webhook": webhook,
  })) {
    const idle = summary(await timesOf(5, request))
    const attack = Promise.all(Array.from({ length: CONCURRENT }, () => search(worst)))
    const { ms } = await timed(() => request(99))
    await attack
    rows.push({ attack: `${CONCURRENT} searches at once`, measured, idle, during: format(ms) })
  }
  return rows
}

async function timesOf(count, request) {
  const times = []
  for (let i = 0; i < count; i++) times.push((await timed(() => request(i))).ms)
  return times
}
