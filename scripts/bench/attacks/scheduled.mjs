import { setTimeout as sleep } from "node:timers/promises"
import { json, serve } from "../../local/http-server.mjs"
import { startInstance } from "../instance.mjs"
import { format } from "../measure.mjs"

const [ACME, GLOBEX] = [1, 2]
const PEOPLE = 5_000
const SCHEDULED = 130
const EVENTS = 500
/** Of Prefect and of the mail provider. */
const LATENCY_MS = 30
const MAX_WAIT_MS = 90_000
const CRON_MS = 60_000
const SUBJECT = "An e-mail of the bench"
const DEPLOYMENT_ID = "66666666-7777-4888-9999-aaaaaaaaaaaa"

/** Each burst of one organisation, and the delay of a single request of another organisation during it. */
export async function run() {
  const outside = await startOutside()
  const instance = await startInstance({
    PREFECT_API_URL: `http://127.0.0.1:${outside.port}/api`,
    EMAIL_PROVIDER: "ses",
    EMAIL_FROM: "notifications@dalgo.test",
    SES_ENDPOINT: `http://127.0.0.1:${outside.port}`,
    SES_ACCESS_KEY_ID: "example",
    SES_SECRET_ACCESS_KEY: "example",
    AUTO_GENERATE_LLM_FAILURE_SUMMARIES: "",
  })
  try {
    await insertOrgs(instance.db)
    await growAcmeTo(instance.db, 10)
    const rows = []
    for (const measure of [measureScheduled, measureSentences, measureTaggedEvents, measureMails]) {
      rows.push(await measure(instance, outside))
    }
    return rows
  } finally {
    await instance.stop()
    await outside.close()
  }
}

const insertOrgs = (db) =>
  db.batch([
    db.prepare("INSERT INTO orgs (id, slug, name) VALUES (1, 'acme', 'Acme'), (2, 'globex', 'Globex')"),
    db.prepare(
      "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (1, 2, 'g', 'charlie@globex.test', 'admin')",
    ),
  ])

/** Acme has this many members. */
const growAcmeTo = (db, size) =>
  db
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT OR IGNORE INTO org_users (id, org_id, user_id, email, role)
       SELECT 1 + i, 1, i, 'person' || i || '@acme.test', 'admin' FROM n`,
    )
    .bind(size)
    .run()

/** 130 scheduled notifications of acme and one of globex, due at the same time. */
async function measureScheduled({ db, runCron }) {
  const measure = async (marker, count) => {
    await schedule(db, { orgId: ACME, marker, count })
    await schedule(db, { orgId: GLOBEX, marker, count: 1 })
    const sentAt = () =>
      db.prepare("SELECT sent_at FROM notifications WHERE org_id = 2 AND message = ?").bind(marker).first("sent_at")
    const startedAt = Date.now()
    for (let minutes = 0; ; minutes++) {
      await runCron()
      const at = await until(sentAt, { withinMs: 3_000 })
      // The cron runs once a minute; the bench does not wait for it.
      if (at) return minutes * CRON_MS + at - startedAt
    }
  }
  const idle = await measure("scheduled, idle", 0)
  const during = await measure("scheduled, busy", SCHEDULED)
  return {
    attack: `${SCHEDULED} scheduled for one minute`,
    measured: "the scheduled notification of another organisation is sent",
    idle: format(idle),
    during: format(during),
  }
}

const schedule = (db, { orgId, marker, count }) =>
  db
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO notifications (org_id, author, message, category, audience, created_at, scheduled_at, due_at, publication_id)
       SELECT ?2, 'a', ?3, 'system', ?4, ?5, ?5, ?5, ?3 || ' ' || ?2 || ' ' || i FROM n WHERE ?1 > 0`,
    )
    .bind(count, orgId, marker, JSON.stringify({ kind: "org", orgId, adminsOnly: true }), Date.now() - orgId)
    .run()

const measureSentences = (instance) =>
  measureEvents(instance, {
    attack: `${EVENTS} failures, told as sentences`,
    bodyOf: (id) => ({ body: `Flow run silver-heron with id ${id} entered state Failed` }),
    offset: 100_000,
  })

const measureTaggedEvents = (instance) =>
  measureEvents(instance, {
    attack: `${EVENTS} failures, told with tags`,
    bodyOf: (id) => ({
      flow_run_id: id,
      deployment_id: DEPLOYMENT_ID,
      state_type: "FAILED",
      state_name: "Failed",
      tags: [orgOf(id)],
    }),
    offset: 200_000,
  })

/** Failures of acme, all at once, and then one of globex: from its webhook's answer to the inbox. */
async function measureEvents(instance, { attack, bodyOf, offset }) {
  const { db } = instance
  const measure = async (n, burst) => {
    await inParallel(burst, (i) => postEvent(instance, bodyOf(runId("acme", n + i))))
    const startedAt = Date.now()
    await postEvent(instance, bodyOf(runId("globex", n)))
    const key = `prefect:${runId("globex", n)}%`
    const sentAt = () =>
      db.prepare("SELECT sent_at FROM notifications WHERE dedupe_key LIKE ?").bind(key).first("sent_at")
    const ms = (await until(sentAt)) - startedAt
    // The rest of the burst is dropped, so that it does not disturb the next measurement.
    const left = await db
      .prepare("UPDATE signal_events SET status = 'ignored', due_at = NULL WHERE status = 'received' RETURNING id")
      .all()
      .then(({ results }) => results.length)
    return `${format(ms)}${burst > 0 ? `, ${left} of the others still waiting` : ""}`
  }
  const idle = await measure(offset, 0)
  const during = await measure(offset + 1_000, EVENTS)
  return { attack, measured: "a failure of another organisation is announced", idle, during }
}

/** One notification to 5,000 people of acme, and then one to globex: until its e-mail is at the provider. */
async function measureMails(instance, outside) {
  const measure = async (isBusy) => {
    outside.mails.clear()
    await growAcmeTo(instance.db, PEOPLE)
    if (isBusy) await send(instance, "acme")
    const startedAt = Date.now()
    await send(instance, "globex")
    const at = await until(async () => outside.mails.get("charlie@globex.test"))
    return { ms: at - startedAt, mails: outside.mails.size }
  }
  const idle = await measure(false)
  const during = await measure(true)
  return {
    attack: `${PEOPLE} e-mails`,
    measured: "an e-mail of another organisation is at the provider",
    idle: format(idle.ms),
    during: `${format(during.ms)}, ${during.mails - 1} of the others sent before`,
  }
}

async function send({ url, serviceKey }, orgSlug) {
  const body = JSON.stringify({
    author: "a",
    message: "m",
    sent_to: "all_org_users",
    org_slug: orgSlug,
    email_subject: SUBJECT,
  })
  const headers = { authorization: `Bearer ${serviceKey}`, "content-type": "application/json" }
  await expectOk(await fetchAgain(`${url}/api/notifications/`, { method: "POST", headers, body }))
}

async function postEvent({ url, webhookKey }, body) {
  const headers = { "x-notification-key": webhookKey, "content-type": "application/json" }
  await expectOk(
    await fetchAgain(`${url}/webhooks/v1/notification/`, { method: "POST", headers, body: JSON.stringify(body) }),
  )
}

/** The instance may close a kept connection at the moment in which it is used again. Every request here may be repeated. */
const fetchAgain = (url, init) => fetch(url, init).catch(() => fetch(url, init))

async function expectOk(response) {
  if (!response.ok) throw new Error(`answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

async function inParallel(count, work, width = 20) {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

async function until(read, { withinMs = MAX_WAIT_MS } = {}) {
  const deadline = Date.now() + withinMs
  for (;;) {
    const found = await read()
    if (found) return found
    if (Date.now() > deadline) return undefined
    await sleep(20)
  }
}

/** The id of a flow run; its first block names the organisation. */
const runId = (slug, n) => `${slug === "globex" ? "2" : "1"}0000000-0000-4000-8000-${String(n).padStart(12, "0")}`
const orgOf = (id) => (id.startsWith("2") ? "globex" : "acme")

/** Prefect and the mail provider. `mails` has when the first e-mail to each address came. */
async function startOutside() {
  const mails = new Map()
  const server = await serve({
    port: 0,
    maxBytes: 1_000_000,
    async handle({ path, body }) {
      await sleep(LATENCY_MS)
      if (path.includes("outbound-emails")) {
        const { Destination, Content } = JSON.parse(body)
        if (Content.Simple.Subject.Data === SUBJECT) mails.set(Destination.ToAddresses[0], Date.now())
        return json({ MessageId: `m${mails.size}` })
      }
      if (path === "/api/flow_runs/filter") return json(JSON.parse(body).flow_runs.id.any_.map(failedRun))
      const [, id] = /^\/api\/flow_runs\/([0-9a-f-]{36})$/.exec(path) ?? []
      return id ? json(failedRun(id)) : json({ detail: "Not Found" }, 404)
    },
  })
  return { mails, ...server }
}

const failedRun = (id) => ({
  id,
  name: "silver-heron",
  deployment_id: DEPLOYMENT_ID,
  state_type: "FAILED",
  state_name: "Failed",
  state: { type: "FAILED", name: "Failed", message: "the survey source refused the login" },
  tags: [orgOf(id)],
  parameters: { config: { org_slug: orgOf(id) } },
})
