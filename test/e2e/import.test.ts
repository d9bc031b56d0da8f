import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest"
import { recordInstance } from "../../scripts/local/running-instances.mjs"

// Every import starts a process with its own database. Several take more than a minute on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let folder: string
/** A state folder with all migrations applied. Each test gets a copy. */
let migrated: string
let stateDir: string
let dump: string
let copies = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dalgo-import-test-"))
  migrated = join(folder, "migrated")
  const migrate = ["wrangler", "d1", "migrations", "apply", "dalgo-notifications", "--local", "--persist-to", migrated]
  await promisify(execFile)("npx", migrate, { env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" } })
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function createEmptyDatabase() {
  copies += 1
  stateDir = join(folder, `state-${copies}`)
  dump = join(folder, `dump-${copies}.json`)
  await cp(migrated, stateDir, { recursive: true })
}

/** Starts the import in its own process group, so that a test can kill it together with its database process. */
const startImport = (...args: string[]) =>
  spawn(process.execPath, ["scripts/import.mjs", dump, ...args], {
    env: { ...process.env, STATE_DIR: stateDir },
    detached: true,
  })

async function runImport(...args: string[]): Promise<{ code: number | null; printed: string }> {
  const running = startImport(...args)
  let printed = ""
  for (const stream of [running.stdout, running.stderr]) stream.on("data", (chunk) => (printed += chunk))
  const [code] = await once(running, "close")
  return { code, printed }
}

/** The numbers in the report's line with this label. */
const numbersFor = (printed: string, name: string) => {
  const line = printed.split("\n").find((each) => each.startsWith(`${name}  `)) ?? ""
  return Array.from(line.slice(name.length).matchAll(/[\d,]+/g), ([text]) => Number(text.replaceAll(",", "")))
}

/** Integers are read as BigInt, because some columns exceed the safe integers. */
const asNumber = (value: unknown) =>
  typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value

async function sql(query: string): Promise<any[]> {
  const databaseFolder = join(stateDir, "v3", "d1", "miniflare-D1DatabaseObject")
  const file = (await readdir(databaseFolder)).find((each) => /^[0-9a-f]{64}\.sqlite$/.test(each)) ?? ""
  const db = new DatabaseSync(join(databaseFolder, file))
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

const TABLES = [
  "orgs",
  "org_users",
  "user_notification_preferences",
  "user_preferences",
  "org_preferences",
  "chat_webhooks",
  "notifications",
  "notification_recipients",
  "inbox_counters",
]
const readAllTables = () => Promise.all(TABLES.map((table) => sql(`SELECT * FROM ${table}`)))

const time = (text: string) => Date.parse(text)
const TIMES = { created_at: "2024-01-01T00:00:00Z", updated_at: "2024-03-04T05:06:07.890Z" }
const sent = { timestamp: "2024-05-01T10:00:00.123Z", scheduled_time: null, sent_time: "2024-05-01T10:00:01.456Z" }

const WEBHOOK = "https://discord.com/api/webhooks/5/token"

type Row = [model: string, pk: unknown, fields: Record<string, unknown>]

/** Acme: Alice, Bob, Frida without a role and the inactive Emil. Globex: Charlie, and Bob as well. Dora is super-admin of Globex. */
const ROWS: Row[] = [
  ["ddpui.role", 1, { slug: "account-manager" }],
  ["ddpui.role", 2, { slug: "guest" }],
  ["ddpui.role", 3, { slug: "pipeline-manager" }],
  ["ddpui.role", 4, { slug: "super-admin" }],
  ["ddpui.org", 5, { name: "Acme Foundation", slug: "acme" }],
  ["ddpui.org", 6, { name: "Глобекс 🌾", slug: "globex" }],
  ["ddpui.org", 7, { name: "Nameless", slug: null }],
  ["auth.user", 11, { username: "alice", email: " Alice@Acme.test ", first_name: "Alice", last_name: "Ångström" }],
  ["auth.user", 12, { username: "bob", email: "bob@acme.test", first_name: "", last_name: "", is_active: true }],
  ["auth.user", 13, { username: "charlie", email: "charlie@globex.test", first_name: "चार्ली", last_name: "" }],
  ["auth.user", 14, { username: "Frida@acme.test", email: "", first_name: "Frida", last_name: "" }],
  ["auth.user", 15, { username: "emil", email: "emil@acme.test", is_active: false }],
  ["auth.user", 16, { username: "nobody", email: "nobody@acme.test" }],
  ["auth.user", 17, { username: "dora", email: "dora@dalgo.test", first_name: "Dora" }],
  ["ddpui.OrgUser", 101, { user: 11, org: 5, new_role: 1, role: 3 }],
  ["ddpui.OrgUser", 102, { user: ["bob"], org: 5, new_role: 2 }],
  ["ddpui.OrgUser", 103, { user: 13, org: 6, new_role: 3 }],
  ["ddpui.OrgUser", 104, { user: 14, org: 5, new_role: null }],
  ["ddpui.OrgUser", 105, { user: 15, org: 5, new_role: 2 }],
  ["ddpui.OrgUser", 106, { user: 12, org: 6, new_role: 2 }],
  ["ddpui.OrgUser", 107, { user: 12, org: null, new_role: 2 }],
  ["ddpui.OrgUser", 108, { user: 12, org: 7, new_role: 2 }],
  ["ddpui.OrgUser", 109, { user: 17, org: 6, new_role: 4 }],
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
  ["ddpui.orgpreferences", 1, { org: 5, llm_optin: true, discord_webhook: WEBHOOK, ...TIMES }],
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

/** One organisation with 20 members and 30 notifications for each of them. */
const MANY_ROWS: Row[] = [
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

/** Starts an import in small batches, and kills it while it inserts inbox rows. */
async function killImportHalfway() {
  await writeLines(toObjects(MANY_ROWS))
  const running = startImport("--batch", "4")
  const ended = once(running, "close")
  const isHalfway = async () => {
    const checkpoint = await readFile(`${dump}.progress.json`, "utf8").catch(() => "{}")
    return JSON.parse(checkpoint).done?.recipients >= 20
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
    await createEmptyDatabase()
    await writeDump([...toObjects(ROWS), "not a row"])
    ;({ code, printed } = await runImport())
  })

  it("imports organisations, members and their preferences", async () => {
    expect(await sql("SELECT slug, name FROM orgs ORDER BY id")).toEqual([
      { slug: "acme", name: "Acme Foundation" },
      { slug: "globex", name: "Глобекс 🌾" },
    ])
    const members = await sql(`SELECT o.slug, p.user_id, p.email, p.name, p.role, p.removed_at IS NOT NULL AS is_removed
    FROM org_users p JOIN orgs o ON o.id = p.org_id ORDER BY p.id`)
    expect(members.map((member) => Object.values(member))).toEqual([
      ["acme", "11", "alice@acme.test", "Alice Ångström", "admin", 0],
      ["acme", "12", "bob@acme.test", null, "member", 0],
      ["globex", "13", "charlie@globex.test", "चार्ली", "admin", 0],
      ["acme", "14", "frida@acme.test", "Frida", "member", 0],
      ["acme", "15", "emil@acme.test", null, "member", 1],
      ["globex", "12", "bob@acme.test", null, "member", 0],
      ["globex", "17", "dora@dalgo.test", "Dora", "super-admin", 0],
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
    expect(await sql("SELECT * FROM org_preferences")).toMatchObject([{ org_id: 1, llm_optin: 1, ...TIMES }])
    expect(await sql("SELECT * FROM chat_webhooks")).toEqual([
      {
        org_id: 1,
        product: "discord",
        enabled: 0,
        webhook: WEBHOOK,
        gone_at: null,
        gone_reason: null,
        refused_at: null,
        refused_reason: null,
        created_at: time(TIMES.created_at),
        updated_at: time(TIMES.updated_at),
      },
    ])
    expect(printed).toContain("1 × orguser: has no role: imported as member (104)")
  })

  it("imports sent notifications with their read states, and scheduled ones with their audience", async () => {
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
    expect(printed).toContain("is a second row of the same member: merged, and read if either was read (3)")
    expect(numbersFor(printed, "inbox rows, read")).toEqual([3, 3, 0])
  })

  it("accounts for every row of the dump, and gives a reason for each skipped one", () => {
    expect(code, printed).toBe(0)
    expect(numbersFor(printed, "org")).toEqual([3, 2, 0, 1])
    expect(numbersFor(printed, "user")).toEqual([7, 6, 0, 1])
    expect(numbersFor(printed, "role")).toEqual([4, 4, 0, 0])
    expect(numbersFor(printed, "orguser")).toEqual([9, 7, 0, 2])
    expect(numbersFor(printed, "userpreferences")).toEqual([2, 2, 0, 0])
    expect(numbersFor(printed, "orgpreferences")).toEqual([1, 1, 0, 0])
    expect(numbersFor(printed, "notification")).toEqual([5, 4, 0, 1])
    expect(numbersFor(printed, "notificationrecipient")).toEqual([13, 8, 0, 5])
    for (const reason of [
      "1 × org: has no slug (7)",
      "1 × orguser: has no organisation (107)",
      "1 × orguser: refers to a skipped organisation (108)",
      "1 × user: is not a member of an imported organisation (16)",
      "1 × notification: has no valid timestamp (24)",
      "1 × notificationrecipient: refers to a notification that is not in the dump (9)",
      "1 × notificationrecipient: refers to a skipped notification (10)",
      "1 × notificationrecipient: refers to its recipient by an unsupported natural key (11)",
      "1 × notificationrecipient: is a duplicate: the pk occurs twice (11)",
      "1 × notificationrecipient: has no pk (dump without --natural-primary) (none)",
      "1 × (unreadable): is text that is not a row (line 1)",
      "Models that this service does not need: ddpui.orgwarehouse 1, auth.group 1.",
    ])
      expect(printed).toContain(reason)
  })
})

describe("an import of values that this service does not support", () => {
  const ACME: Row[] = [
    ["ddpui.role", 1, { slug: "guest" }],
    ["ddpui.org", 1, { name: "Acme", slug: "acme" }],
    ...[1, 2, 3, 4].map((i): Row => ["auth.user", i, { username: `p${i}`, email: `p${i}@acme.test` }]),
    ...[1, 2, 3, 4].map((i): Row => ["ddpui.orguser", i, { user: i, org: 1, new_role: 1 }]),
  ]
  beforeEach(createEmptyDatabase)

  it("imports the known preferences, and reports the others", async () => {
    const preferences = (pk: number, fields: object): Row => ["ddpui.userpreferences", pk, { orguser: pk, ...fields }]
    await writeDump(
      toObjects([
        ...ACME,
        preferences(1, { trial_walkthrough: "skipped", last_visited_transform_tab: "canvas" }),
        preferences(2, { trial_walkthrough: '{"insights":{}}', last_visited_transform_tab: "github" }),
        preferences(3, { trial_walkthrough: [1], last_visited_transform_tab: "" }),
        preferences(4, { trial_walkthrough: {}, last_visited_transform_tab: null }),
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
    expect(printed).toContain("1 × userpreferences: has an unknown tab (canvas): imported without a tab (1)")
    expect(printed).toContain(
      "3 × userpreferences: has a trial_walkthrough that is not an object: imported without it (1, 2, 3)",
    )
  })

  it("skips notifications outside of 1970 to 2109", async () => {
    const at = (pk: number, times: object): Row => [
      "ddpui.notification",
      pk,
      { author: "ops", message: "m", ...sent, ...times },
    ]
    await writeDump(
      toObjects([
        ...ACME,
        at(1, { timestamp: "1969-12-31T23:59:59Z" }),
        at(2, { sent_time: "2110-01-01T00:00:00Z" }),
        at(3, { timestamp: "1970-01-01T00:00:00Z", sent_time: "2109-01-01T00:00:00Z" }),
      ]),
    )
    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(await sql("SELECT publication_id FROM notifications")).toEqual([{ publication_id: "dalgo:3" }])
    expect(printed).toContain("1 × notification: has a timestamp outside of 1970 to 2109 (1)")
    expect(printed).toContain("1 × notification: has a sent_time outside of 1970 to 2109 (2)")
  })
})

describe("an import that is repeated, interrupted or given a wrong file", () => {
  beforeEach(createEmptyDatabase)

  it("writes nothing in a dry run, and nothing in a second run", async () => {
    await writeDump(toObjects(ROWS))
    const before = await readAllTables()
    const dry = await runImport("--dry-run")
    expect(dry.code, dry.printed).toBe(0)
    expect(numbersFor(dry.printed, "notificationrecipient")).toEqual([13, 8, 0, 5])
    expect(await readAllTables()).toEqual(before)

    expect((await runImport()).code).toBe(0)
    const after = await readAllTables()
    const again = await runImport()
    expect(again.code, again.printed).toBe(0)
    expect(await readAllTables()).toEqual(after)
    expect(numbersFor(again.printed, "orguser")).toEqual([9, 0, 7, 2])
    expect(numbersFor(again.printed, "notification")).toEqual([5, 0, 4, 1])
    expect(numbersFor(again.printed, "notificationrecipient")).toEqual([13, 0, 8, 5])
  })

  it("keeps newer rows of the database, whatever their ids are", async () => {
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
    expect(numbersFor(printed, "org")).toEqual([3, 1, 1, 1])
    expect(numbersFor(printed, "orguser")).toEqual([9, 5, 2, 2])
    expect(numbersFor(printed, "e-mail opt-outs")).toEqual([1, 0, 1])
  })

  it("does not import a notification again that was deleted here, even if Dalgo has sent it since", async () => {
    const isScheduled = ([model, pk]: Row) => model === "ddpui.notification" && pk === 22
    const withItSent = ROWS.map((row): Row => (isScheduled(row) ? [row[0], row[1], { ...row[2], ...sent }] : row))
    await writeDump(toObjects(ROWS))
    await runImport()
    await sql("DELETE FROM notifications WHERE publication_id = 'dalgo:22'")
    for (const rows of [ROWS, withItSent]) {
      await writeDump(toObjects(rows))
      const { code, printed } = await runImport()
      expect(code, printed).toBe(0)
      expect(await sql("SELECT id FROM notifications WHERE publication_id = 'dalgo:22'")).toEqual([])
      expect(numbersFor(printed, "notification")).toEqual([5, 0, 4, 1])
      expect(numbersFor(printed, "notificationrecipient")).toEqual([13, 0, 8, 5])
    }
  })

  it("resumes after it was killed, and keeps notifications read that were read in between", async () => {
    await killImportHalfway()
    const written = await countRecipients()
    expect(written).toBeGreaterThanOrEqual(20)
    expect(written).toBeLessThan(600)
    const [{ org_user_id: memberId, notification_id: notificationId }] = await sql(
      "SELECT org_user_id, notification_id FROM notification_recipients WHERE is_read = 0 LIMIT 1",
    )
    await sql(`UPDATE notification_recipients SET is_read = 1, read_at = 5
    WHERE org_user_id = ${memberId} AND notification_id = ${notificationId}`)

    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(printed).toContain("An earlier run was interrupted. Resuming it.")
    const [inDump, imported = 0, existing = 0] = numbersFor(printed, "notificationrecipient")
    expect([inDump, imported + existing]).toEqual([600, 600])
    expect(await countRecipients()).toBe(600)
    expect(
      await sql(
        `SELECT is_read, read_at FROM notification_recipients WHERE org_user_id = ${memberId} AND notification_id = ${notificationId}`,
      ),
    ).toEqual([{ is_read: 1, read_at: 5 }])
    expect(numbersFor(printed, "inbox rows, unread")).toEqual([400, 399, 1])
    expect(numbersFor(printed, "inbox rows, read")).toEqual([200, 200, 0])
    expect(await sql("SELECT sum(total) AS total, sum(unread) AS unread FROM inbox_counters")).toEqual([
      { total: 600, unread: 399 },
    ])
    expect(existsSync(`${dump}.progress.json`)).toBe(false)
  })

  it("resumes without its checkpoint file", async () => {
    await killImportHalfway()
    const written = await countRecipients()
    await rm(`${dump}.progress.json`)
    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(numbersFor(printed, "notificationrecipient")).toEqual([600, 600 - written, written, 0])
    expect(await countRecipients()).toBe(600)
  })

  it("fails if the database has lost rows, and names their kind", async () => {
    await killImportHalfway()
    await sql("DELETE FROM notification_recipients WHERE org_user_id <= 3")
    const { code, printed } = await runImport()
    expect(code, printed).toBe(1)
    expect(printed).toContain("The counts differ: inbox rows, unread; inbox rows, read.")
  })

  it("says in one sentence what is wrong with the dump or the database", async () => {
    expect(await runImport()).toEqual({ code: 1, printed: `There is no file ${dump}.\n` })
    const errorFor = async (content: string) => {
      await writeFile(dump, content)
      const { code, printed } = await runImport()
      expect(code).toBe(1)
      expect(printed.trim().split("\n")).toHaveLength(1)
      return printed
    }
    expect(await errorFor("")).toContain("is empty")
    expect(await errorFor("<html>")).toContain("is not JSON")
    expect(await errorFor('[{"model": "ddpui.org", "pk": 1, "fie')).toContain("is not JSON")
    expect(await errorFor('{"status": "ok"}')).toContain("not a dump")
    expect(await errorFor("[1, 2]")).toContain("is not JSON")
    expect(await errorFor("BZh91AY&SY")).toContain("is compressed by bzip2: unpack it first.")
    const withoutRoles = ROWS.filter(([model]) => model !== "ddpui.role")
    expect(await errorFor(JSON.stringify(toObjects(withoutRoles)))).toContain("rows of orguser, but none of role")
    await rm(stateDir, { recursive: true })
    expect(await errorFor("[]")).toContain(
      "Apply the migrations first: npx wrangler d1 migrations apply dalgo-notifications --local --persist-to",
    )
  })

  it("imports what it can read of a file that is incomplete, names each other row, and fails", async () => {
    const whole = `Loading settings\n${JSON.stringify(toObjects(MANY_ROWS))}`
    const bytes = Buffer.from(`\uFEFF${whole.slice(0, -20)}`, "utf16le")
    await writeFile(dump, gzipSync(bytes))
    const { code, printed } = await runImport()
    expect(code, printed).toBe(1)
    expect(printed).toContain("The dump ends in the middle: it is incomplete.")
    expect(await countRecipients()).toBe(599)
    expect(await readFile(`${dump}.rows.txt`, "utf8")).toBe(
      "skipped\t(unreadable)\tline 1\tis text that is not a row\n" +
        "skipped\t(unreadable)\tline 2\tis cut off: the file ends here\n",
    )
    await writeDump(toObjects(MANY_ROWS))
    expect((await runImport()).code).toBe(0)
    expect(await countRecipients()).toBe(600)
    expect(existsSync(`${dump}.rows.txt`)).toBe(false)
  })

  it("brings nothing of an erased person back", async () => {
    await writeDump(toObjects(ROWS))
    await runImport()
    await sql("INSERT INTO erasures (org_user_id, requested_at, done_at) VALUES (2, 1, 1)")
    await sql("DELETE FROM notification_recipients WHERE org_user_id = 2")
    await sql("DELETE FROM user_notification_preferences WHERE org_user_id = 2")
    await sql("DELETE FROM user_preferences WHERE orguser_id = 2")
    await sql("UPDATE org_users SET email = '', name = NULL, removed_at = 1 WHERE id = 2")
    const before = await readAllTables()
    const { code, printed } = await runImport()
    expect(code, printed).toBe(0)
    expect(await readAllTables()).toEqual(before)
    expect(numbersFor(printed, "e-mail opt-outs")).toEqual([1, 0, 1])
  })

  it("refuses to write while the local instance uses the database", async () => {
    await writeDump(toObjects(ROWS))
    const { close } = recordInstance({ port: 9_999, stateDir }, { pid: process.ppid })
    onTestFinished(close)
    const { code, printed } = await runImport()
    expect({ code, printed }).toEqual({
      code: 1,
      printed: "The local instance on port 9999 uses this database. Stop it (Ctrl-C) before the import.\n",
    })
    expect((await runImport("--dry-run")).code).toBe(0)
  })
})
