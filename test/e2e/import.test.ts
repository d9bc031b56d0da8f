import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"

let folder: string
/** A state in which the migrations were applied, to copy. */
let migrated: string
let state: string
let dump: string
let states = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dalgo-import-test-"))
  migrated = join(folder, "migrated")
  const migrate = ["wrangler", "d1", "migrations", "apply", "dalgo-notifications", "--local", "--persist-to", migrated]
  await promisify(execFile)("npx", migrate, { env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" } })
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function startAfresh() {
  states += 1
  state = join(folder, `state-${states}`)
  dump = join(folder, `dump-${states}.json`)
  await cp(migrated, state, { recursive: true })
}

/** In a process group of its own, so that it can be killed together with the database that it starts. */
const start = (...args: string[]) =>
  spawn(process.execPath, ["scripts/import.mjs", dump, ...args], {
    env: { ...process.env, STATE_DIR: state },
    detached: true,
  })

async function runImport(...args: string[]): Promise<{ code: number | null; printed: string }> {
  const running = start(...args)
  let printed = ""
  for (const stream of [running.stdout, running.stderr]) stream.on("data", (chunk) => (printed += chunk))
  const [code] = await once(running, "close")
  return { code, printed }
}

/** The numbers that the report has behind a name. */
const numbers = (printed: string, name: string) => {
  const line = printed.split("\n").find((each) => each.startsWith(`${name}  `)) ?? ""
  return Array.from(line.slice(name.length).matchAll(/[\d,]+/g), ([text]) => Number(text.replaceAll(",", "")))
}

/** Some columns hold more than a number can. */
const asNumber = (value: unknown) =>
  typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value

async function sql(query: string): Promise<any[]> {
  const place = join(state, "v3", "d1", "miniflare-D1DatabaseObject")
  const file = (await readdir(place)).find((each) => /^[0-9a-f]{64}\.sqlite$/.test(each)) ?? ""
  const db = new DatabaseSync(join(place, file))
  try {
    const statement = db.prepare(query)
    statement.setReadBigInts(true)
    return statement
      .all()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asNumber(value)])))
  } finally {
    db.close()
  }
}

const WRITTEN = [
  "orgs",
  "org_users",
  "user_notification_preferences",
  "user_preferences",
  "org_preferences",
  "notifications",
  "notification_recipients",
  "inbox_counters",
]
const everything = () => Promise.all(WRITTEN.map((table) => sql(`SELECT * FROM ${table}`)))

const time = (text: string) => Date.parse(text)
const TIMES = { created_at: "2024-01-01T00:00:00Z", updated_at: "2024-03-04T05:06:07.890Z" }
const sent = { timestamp: "2024-05-01T10:00:00.123Z", scheduled_time: null, sent_time: "2024-05-01T10:00:01.456Z" }

type Row = [model: string, pk: unknown, fields: Record<string, unknown>]

/** Acme with Alice, Bob, Dora and Emil, who left; Globex with Charlie, and with Bob again. */
const ROWS: Row[] = [
  ["ddpui.role", 1, { slug: "account-manager" }],
  ["ddpui.role", 2, { slug: "guest" }],
  ["ddpui.role", 3, { slug: "pipeline-manager" }],
  ["ddpui.org", 5, { name: "Acme Foundation", slug: "acme" }],
  ["ddpui.org", 6, { name: "Глобекс 🌾", slug: "globex" }],
  ["ddpui.org", 7, { name: "Nameless", slug: null }],
  ["auth.user", 11, { username: "alice", email: " Alice@Acme.test ", first_name: "Alice", last_name: "Ångström" }],
  ["auth.user", 12, { username: "bob", email: "bob@acme.test", first_name: "", last_name: "", is_active: true }],
  ["auth.user", 13, { username: "charlie", email: "charlie@globex.test", first_name: "चार्ली", last_name: "" }],
  ["auth.user", 14, { username: "Dora@acme.test", email: "", first_name: "Dora", last_name: "" }],
  ["auth.user", 15, { username: "emil", email: "emil@acme.test", is_active: false }],
  ["auth.user", 16, { username: "nobody", email: "nobody@acme.test" }],
  ["ddpui.OrgUser", 101, { user: 11, org: 5, new_role: 1, role: 3 }],
  ["ddpui.OrgUser", 102, { user: ["bob"], org: 5, new_role: 2 }],
  ["ddpui.OrgUser", 103, { user: 13, org: 6, new_role: 3 }],
  ["ddpui.OrgUser", 104, { user: 14, org: 5, new_role: null }],
  ["ddpui.OrgUser", 105, { user: 15, org: 5, new_role: 2 }],
  ["ddpui.OrgUser", 106, { user: 12, org: 6, new_role: 2 }],
  ["ddpui.OrgUser", 107, { user: 12, org: null, new_role: 2 }],
  ["ddpui.OrgUser", 108, { user: 12, org: 7, new_role: 2 }],
  ["ddpui.userpreferences", 1, { orguser: 101, enable_email_notifications: true, disclaimer_shown: true, ...TIMES }],
  [
    "ddpui.userpreferences",
    2,
    {
      orguser: 102,
      enable_email_notifications: false,
      trial_walkthrough: { product_tour: { skipped: true } },
      ...TIMES,
    },
  ],
  ["ddpui.orgpreferences", 1, { org: 5, llm_optin: true, discord_webhook: "https://discord.test/hook", ...TIMES }],
  ["ddpui.notification", 20, { author: "ops", message: "“Été” 🌧 \u2028 'quoted' \\ \n", urgent: true, ...sent }],
  ["ddpui.notification", 21, { author: "ops", message: "to both", email_subject: "Both", urgent: false, ...sent }],
  [
    "ddpui.notification",
    22,
    { ...sent, author: "ops", message: "to come", scheduled_time: "2199-01-01T00:00:00+05:30", sent_time: null },
  ],
  ["ddpui.notification", 23, { author: "ops", message: "to nobody", ...sent, sent_time: "2024-05-01 10:00:01.456" }],
  ["ddpui.notification", 24, { author: "ops", message: "when?", ...sent, timestamp: "yesterday" }],
  ["ddpui.notificationrecipient", 1, { notification: 20, recipient: 101, read_status: false }],
  ["ddpui.notificationrecipient", 2, { notification: 20, recipient: 102, read_status: false }],
  ["ddpui.notificationrecipient", 3, { notification: 20, recipient: 102, read_status: true }],
  ["ddpui.notificationrecipient", 4, { notification: 20, recipient: 105, read_status: true }],
  ["ddpui.notificationrecipient", 5, { notification: 21, recipient: 101, read_status: true }],
  ["ddpui.notificationrecipient", 6, { notification: 21, recipient: 103, read_status: false }],
  ["ddpui.notificationrecipient", 7, { notification: 22, recipient: 101, read_status: false }],
  ["ddpui.notificationrecipient", 8, { notification: 22, recipient: 104, read_status: false }],
  ["ddpui.notificationrecipient", 9, { notification: 99, recipient: 101, read_status: false }],
  ["ddpui.notificationrecipient", 10, { notification: 24, recipient: 101, read_status: false }],
  ["ddpui.notificationrecipient", 11, { notification: 21, recipient: ["bob", "acme"], read_status: false }],
  ["ddpui.notificationrecipient", 11, { notification: 21, recipient: 102, read_status: false }],
  ["ddpui.notificationrecipient", null, { notification: 21, recipient: 102, read_status: false }],
  ["ddpui.orgwarehouse", 1, { org: 5 }],
  ["auth.group", 1, { name: "staff" }],
]
const toObjects = (rows: Row[]): unknown[] => rows.map(([model, pk, fields]) => ({ model, pk, fields }))
const writeDump = (rows: unknown[]) => writeFile(dump, JSON.stringify(rows))
const writeLines = (rows: unknown[]) => writeFile(dump, rows.map((row) => `${JSON.stringify(row)}\n`).join(""))

/** One organisation in which 20 people were told 30 things. */
const MANY: Row[] = [
  ["ddpui.role", 1, { slug: "guest" }],
  ["ddpui.org", 1, { name: "Acme", slug: "acme" }],
  ...Array.from({ length: 20 }, (_, i): Row => ["auth.user", i, { username: `p${i}`, email: `p${i}@acme.test` }]),
  ...Array.from({ length: 20 }, (_, i): Row => ["ddpui.orguser", i, { user: i, org: 1, new_role: 1 }]),
  ...Array.from(
    { length: 30 },
    (_, i): Row => ["ddpui.notification", i, { author: "ops", message: `no. ${i}`, ...sent }],
  ),
  ...Array.from({ length: 600 }, (_, i): Row => {
    const notification = Math.floor(i / 20)
    return ["ddpui.notificationrecipient", i, { notification, recipient: i % 20, read_status: i % 3 === 0 }]
  }),
]

/** Starts an import in small batches, and kills it while it writes inboxes. */
async function interrupt() {
  await writeLines(toObjects(MANY))
  const running = start("--batch", "4")
  const ended = once(running, "close")
  const isHalfway = async () => {
    const journal = await readFile(`${dump}.progress.json`, "utf8").catch(() => "{}")
    return JSON.parse(journal).done?.recipients >= 20
  }
  while (running.exitCode === null && !(await isHalfway())) await sleep(5)
  expect(running.exitCode).toBe(null)
  process.kill(-(running.pid ?? 0), "SIGKILL")
  await ended
}

const countRecipients = async () => (await sql("SELECT count(*) AS n FROM notification_recipients"))[0].n

describe("an import into an empty database", () => {
  let code: number | null
  let printed: string
  beforeAll(async () => {
    await startAfresh()
    await writeDump([...toObjects(ROWS), "not a row"])
    ;({ code, printed } = await runImport())
  })

  it("brings organisations, people and their preferences over", async () => {
    expect(await sql("SELECT slug, name FROM orgs ORDER BY id")).toEqual([
      { slug: "acme", name: "Acme Foundation" },
      { slug: "globex", name: "Глобекс 🌾" },
    ])
    const people = await sql(`SELECT o.slug, p.user_id, p.email, p.name, p.role, p.removed_at IS NOT NULL AS has_left
    FROM org_users p JOIN orgs o ON o.id = p.org_id ORDER BY p.id`)
    expect(people.map((person) => Object.values(person))).toEqual([
      ["acme", "11", "alice@acme.test", "Alice Ångström", "admin", 0],
      ["acme", "12", "bob@acme.test", null, "member", 0],
      ["globex", "13", "charlie@globex.test", "चार्ली", "admin", 0],
      ["acme", "14", "dora@acme.test", "Dora", "member", 0],
      ["acme", "15", "emil@acme.test", null, "member", 1],
      ["globex", "12", "bob@acme.test", null, "member", 0],
    ])
    expect(await sql("SELECT * FROM user_notification_preferences")).toEqual([
      {
        org_user_id: 2,
        category: "all",
        channel: "email",
        enabled: 0,
        changed_at: time(TIMES.updated_at),
        reason: null,
      },
    ])
    expect(await sql("SELECT * FROM user_preferences ORDER BY id")).toMatchObject([
      { orguser_id: 1, disclaimer_shown: 1, trial_walkthrough: null, ...TIMES },
      { orguser_id: 2, disclaimer_shown: 0, trial_walkthrough: '{"product_tour":{"skipped":true}}', ...TIMES },
    ])
    expect(await sql("SELECT * FROM org_preferences")).toMatchObject([
      { org_id: 1, llm_optin: 1, discord_webhook: "https://discord.test/hook", ...TIMES },
    ])
    expect(printed).toContain("has no role: a member (104)")
  })

  it("brings notifications over with who read them, and those to come with whom they are for", async () => {
    const at = { created_at: time(sent.timestamp), sent_at: time(sent.sent_time), due_at: null, audience: null }
    expect(await sql("SELECT * FROM notifications ORDER BY id")).toMatchObject([
      { publication_id: "dalgo:20", org_id: 1, message: "“Été” 🌧 \u2028 'quoted' \\ \n", urgent: 1, ...at },
      { publication_id: "dalgo:21", org_id: null, email_subject: "Both", category: "system", ...at },
      {
        publication_id: "dalgo:22",
        org_id: 1,
        created_at: time(sent.timestamp),
        scheduled_at: time("2198-12-31T18:30:00Z"),
        due_at: time("2198-12-31T18:30:00Z"),
        sent_at: null,
        audience: '{"kind":"org_users","ids":[1,4]}',
      },
      { publication_id: "dalgo:23", org_id: null, ...at },
    ])
    const inboxes = await sql(`SELECT notification_id, org_user_id, is_read, sent_at, category, urgent
    FROM notification_recipients ORDER BY notification_id, org_user_id`)
    expect(inboxes.map((row) => Object.values(row))).toEqual([
      [1, 1, 0, at.sent_at, "system", 1],
      [1, 2, 1, at.sent_at, "system", 1],
      [1, 5, 1, at.sent_at, "system", 1],
      [2, 1, 1, at.sent_at, "system", 0],
      [2, 3, 0, at.sent_at, "system", 0],
    ])
    expect(await sql("SELECT total, unread, unread_urgent FROM inbox_counters WHERE org_user_id = 1")).toEqual([
      { total: 2, unread: 1, unread_urgent: 1 },
    ])
    expect(printed).toContain("names a person a second time: one row, read if either was (3)")
    expect(numbers(printed, "in inboxes, read")).toEqual([3, 3, 0])
  })

  it("accounts for every row of the dump, and says why it skipped some", () => {
    expect(code, printed).toBe(0)
    expect(numbers(printed, "org")).toEqual([3, 2, 0, 1])
    expect(numbers(printed, "user")).toEqual([6, 5, 0, 1])
    expect(numbers(printed, "role")).toEqual([3, 3, 0, 0])
    expect(numbers(printed, "orguser")).toEqual([8, 6, 0, 2])
    expect(numbers(printed, "userpreferences")).toEqual([2, 2, 0, 0])
    expect(numbers(printed, "orgpreferences")).toEqual([1, 1, 0, 0])
    expect(numbers(printed, "notification")).toEqual([5, 4, 0, 1])
    expect(numbers(printed, "notificationrecipient")).toEqual([13, 8, 0, 5])
    for (const reason of [
      "1 × org has no slug (7)",
      "1 × orguser names no organisation (107)",
      "1 × orguser its organisation was skipped (108)",
      "1 × user is in no organisation that was taken (16)",
      "1 × notification has no timestamp that is a time (24)",
      "1 × notificationrecipient its notification is not in the dump (9)",
      "1 × notificationrecipient its notification was skipped (10)",
      "1 × notificationrecipient names its recipient by a natural key that is not understood (11)",
      "1 × notificationrecipient is in the dump a second time (11)",
      "1 × notificationrecipient has no pk: dump without --natural-primary (none)",
      "1 × (unreadable) is not a row: it has no model or no fields (no. 44)",
      "Not for this service: ddpui.orgwarehouse 1, auth.group 1.",
    ])
      expect(printed).toContain(reason)
  })
})

describe("an import of what this service would stumble over", () => {
  const HOME: Row[] = [
    ["ddpui.role", 1, { slug: "guest" }],
    ["ddpui.org", 1, { name: "Acme", slug: "acme" }],
    ...[1, 2, 3, 4].map((i): Row => ["auth.user", i, { username: `p${i}`, email: `p${i}@acme.test` }]),
    ...[1, 2, 3, 4].map((i): Row => ["ddpui.orguser", i, { user: i, org: 1, new_role: 1 }]),
  ]
  beforeEach(startAfresh)

  it("keeps of preferences what is known here, and says what it leaves out", async () => {
    const kept = (pk: number, fields: object): Row => ["ddpui.userpreferences", pk, { orguser: pk, ...fields }]
    await writeDump(
      toObjects([
        ...HOME,
        kept(1, { trial_walkthrough: "skipped", last_visited_transform_tab: "canvas" }),
        kept(2, { trial_walkthrough: '{"insights":{}}', last_visited_transform_tab: "github" }),
        kept(3, { trial_walkthrough: [1], last_visited_transform_tab: "" }),
        kept(4, { trial_walkthrough: {}, last_visited_transform_tab: null }),
      ]),
    )
    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    const stored = await sql("SELECT last_visited_transform_tab, trial_walkthrough FROM user_preferences ORDER BY id")
    expect(stored.map((row) => Object.values(row))).toEqual([
      [null, null],
      ["github", null],
      [null, null],
      [null, "{}"],
    ])
    expect(printed).toContain("1 × userpreferences has a tab that is not known here (canvas): none (1)")
    expect(printed).toContain("3 × userpreferences has a trial_walkthrough that is no object: none (1, 2, 3)")
  })

  it("skips a notification of a time that no page has a place for", async () => {
    const at = (pk: number, times: object): Row => [
      "ddpui.notification",
      pk,
      { author: "ops", message: "m", ...sent, ...times },
    ]
    await writeDump(
      toObjects([
        ...HOME,
        at(1, { timestamp: "1969-12-31T23:59:59Z" }),
        at(2, { sent_time: "2110-01-01T00:00:00Z" }),
        at(3, { timestamp: "1970-01-01T00:00:00Z", sent_time: "2109-01-01T00:00:00Z" }),
      ]),
    )
    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(await sql("SELECT publication_id FROM notifications")).toEqual([{ publication_id: "dalgo:3" }])
    expect(printed).toContain("1 × notification has a timestamp outside of 1970 to 2109 (1)")
    expect(printed).toContain("1 × notification has a sent_time outside of 1970 to 2109 (2)")
  })
})

describe("an import that is repeated, interrupted or misled", () => {
  beforeEach(startAfresh)

  it("writes nothing on a dry run, and nothing when it runs again", async () => {
    await writeDump(toObjects(ROWS))
    const before = await everything()
    const dry = await runImport("--dry-run")
    expect(dry.code, dry.printed).toBe(0)
    expect(numbers(dry.printed, "notificationrecipient")).toEqual([13, 8, 0, 5])
    expect(await everything()).toEqual(before)

    expect((await runImport()).code).toBe(0)
    const after = await everything()
    const again = await runImport()
    expect(again.code, again.printed).toBe(0)
    expect(await everything()).toEqual(after)
    expect(numbers(again.printed, "orguser")).toEqual([8, 0, 6, 2])
    expect(numbers(again.printed, "notification")).toEqual([5, 0, 4, 1])
    expect(numbers(again.printed, "notificationrecipient")).toEqual([13, 0, 8, 5])
  })

  it("leaves alone what is newer in the target, whatever its ids are", async () => {
    await sql("INSERT INTO orgs (id, slug, name) VALUES (70, 'acme', 'Acme of today')")
    await sql(`INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
    (5, 70, '99', 'new@acme.test', 'member'), (40, 70, '11', 'alice@new.test', 'analyst'), (41, 70, '12', 'b@b', 'member')`)
    await sql(`INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at)
    VALUES (41, 'all', 'email', 1, 5)`)
    await sql(`INSERT INTO notifications (id, author, message, created_at, sent_at, publication_id)
    VALUES (20, 'own', 'own', 1, 1, 'own')`)
    await writeDump(toObjects(ROWS))
    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(await sql("SELECT name FROM orgs WHERE slug = 'acme'")).toEqual([{ name: "Acme of today" }])
    expect(await sql("SELECT email, role FROM org_users WHERE id = 40")).toEqual([
      { email: "alice@new.test", role: "analyst" },
    ])
    expect(await sql("SELECT enabled FROM user_notification_preferences WHERE org_user_id = 41")).toEqual([
      { enabled: 1 },
    ])
    expect(await sql("SELECT message FROM notifications WHERE id = 20")).toEqual([{ message: "own" }])
    expect(
      await sql(`SELECT n.publication_id FROM notification_recipients r JOIN notifications n ON n.id = r.notification_id
    WHERE r.org_user_id = 40 ORDER BY n.id`),
    ).toEqual([{ publication_id: "dalgo:20" }, { publication_id: "dalgo:21" }])
    expect(numbers(printed, "org")).toEqual([3, 1, 1, 1])
    expect(numbers(printed, "orguser")).toEqual([8, 4, 2, 2])
    expect(numbers(printed, "opt-outs of e-mail")).toEqual([1, 0, 1])
  })

  it("does not bring back what was deleted here, not even if Dalgo sent it since", async () => {
    const isToCome = ([model, pk]: Row) => model === "ddpui.notification" && pk === 22
    const sentSince = ROWS.map((row): Row => (isToCome(row) ? [row[0], row[1], { ...row[2], ...sent }] : row))
    await writeDump(toObjects(ROWS))
    await runImport()
    await sql("DELETE FROM notifications WHERE publication_id = 'dalgo:22'")
    for (const rows of [ROWS, sentSince]) {
      await writeDump(toObjects(rows))
      const { code, printed } = await runImport()
      expect(code, printed).toBe(0)
      expect(await sql("SELECT id FROM notifications WHERE publication_id = 'dalgo:22'")).toEqual([])
      expect(numbers(printed, "notification")).toEqual([5, 0, 4, 1])
      expect(numbers(printed, "notificationrecipient")).toEqual([13, 0, 8, 5])
    }
  })

  it("goes on where it was killed, and keeps what somebody read in between", async () => {
    await interrupt()
    const written = await countRecipients()
    expect(written).toBeGreaterThanOrEqual(20)
    expect(written).toBeLessThan(600)
    const [{ org_user_id: who, notification_id: what }] = await sql(
      "SELECT org_user_id, notification_id FROM notification_recipients WHERE is_read = 0 LIMIT 1",
    )
    await sql(`UPDATE notification_recipients SET is_read = 1, read_at = 5
    WHERE org_user_id = ${who} AND notification_id = ${what}`)

    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(printed).toContain("going on from there")
    const [all, taken = 0, there = 0] = numbers(printed, "notificationrecipient")
    expect([all, taken + there]).toEqual([600, 600])
    expect(await countRecipients()).toBe(600)
    expect(
      await sql(
        `SELECT is_read, read_at FROM notification_recipients WHERE org_user_id = ${who} AND notification_id = ${what}`,
      ),
    ).toEqual([{ is_read: 1, read_at: 5 }])
    expect(numbers(printed, "in inboxes, unread")).toEqual([400, 399, 1])
    expect(numbers(printed, "in inboxes, read")).toEqual([200, 200, 0])
    expect(await sql("SELECT sum(total) AS total, sum(unread) AS unread FROM inbox_counters")).toEqual([
      { total: 600, unread: 399 },
    ])
    expect(existsSync(`${dump}.progress.json`)).toBe(false)
  })

  it("needs no journal to go on", async () => {
    await interrupt()
    const written = await countRecipients()
    await rm(`${dump}.progress.json`)
    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(numbers(printed, "notificationrecipient")).toEqual([600, 600 - written, written, 0])
    expect(await countRecipients()).toBe(600)
  })

  it("fails where the target has lost rows, and says which", async () => {
    await interrupt()
    await sql("DELETE FROM notification_recipients WHERE org_user_id <= 3")
    const { code, printed } = await runImport()
    expect(code, printed).toBe(1)
    expect(printed).toContain("They differ: in inboxes, unread; in inboxes, read.")
  })

  it("says in a sentence what is wrong with a dump, or with the target", async () => {
    expect(await runImport()).toEqual({ code: 1, printed: `There is no file ${dump}.\n` })
    const tell = async (content: string) => {
      await writeFile(dump, content)
      const { code, printed } = await runImport()
      expect(code).toBe(1)
      expect(printed.trim().split("\n")).toHaveLength(1)
      return printed
    }
    expect(await tell("")).toContain("is empty")
    expect(await tell("<html>")).toContain("is not JSON")
    expect(await tell('[{"model": "ddpui.org", "pk": 1, "fie')).toContain("is not JSON")
    expect(await tell(`${JSON.stringify(toObjects(MANY)[1])}\n{"model": "ddp`)).toContain("line 2 cannot be read")
    expect(await tell('{"status": "ok"}')).toContain("no dump")
    expect(await tell("[1, 2]")).toContain("no dump")
    const withoutRoles = ROWS.filter(([model]) => model !== "ddpui.role")
    expect(await tell(JSON.stringify(toObjects(withoutRoles)))).toContain("rows of orguser, but none of role")
    await rm(state, { recursive: true })
    expect(await tell("[]")).toContain("run npx wrangler d1 migrations apply dalgo-notifications --local --persist-to")
  })
})
