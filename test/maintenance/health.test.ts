import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { HOUR, MINUTE, NOON, SECOND } from "../support/clock"
import { metered } from "../support/d1-meter"
import { alice, anonymous, cookieOf, server, tokenFor } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { workerWithEnv } from "../support/worker-with-env"

const PATH = "/healthz"
const SERVICE = { authorization: "Bearer service-key-new" }
const NOTHING = { count: 0, oldest_seconds: null }
const WELL = {
  status: "ok",
  variables: [],
  cron: { last_run_at: null, seconds_ago: null, failed_tasks: [] },
  overdue: { signal_events: NOTHING, deliveries: NOTHING, summaries: NOTHING, notifications: NOTHING },
  dead_letters: { count: 0, newest_at: null },
}

const statusFor = async (get: () => Promise<Response>) => {
  const answer = await get()
  return { status: answer.status, body: await answer.json<any>() }
}
const details = async () => (await statusFor(() => server.get(PATH))).body
const anonymousStatus = async () => (await statusFor(() => anonymous.get(PATH))).body

const insertEvents = (count: number, dueAt: number) =>
  selectRows(
    `INSERT INTO signal_events (source, body, status, received_at, updated_at, due_at)
     SELECT 'prefect', '', 'received', 1, 1, ? FROM json_each(?)`,
    dueAt,
    JSON.stringify(Array.from({ length: count }, (_, i) => i)),
  )

beforeEach(() => {
  vi.setSystemTime(NOON)
  captureQueues()
})

describe("GET /healthz", () => {
  it("tells a service key everything, and may not be cached", async () => {
    const answer = await server.get(PATH)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(await answer.json()).toEqual(WELL)
  })

  it.each<[string, () => Promise<Record<string, string>>]>([
    ["nobody", async () => ({})],
    ["a member", async () => cookieOf("2")],
    ["a member with a header", async () => ({ authorization: `Bearer ${await tokenFor("2")}` })],
    ["a super-admin", async () => cookieOf("4")],
    ["a wrong service key", async () => ({ authorization: "Bearer service-key-stolen" })],
    ["a service key in a cookie", async () => ({ cookie: "access_token=service-key-new" })],
    ["a service key beside a cookie", async () => ({ ...SERVICE, ...(await cookieOf("2")) })],
    ["the key of a webhook", async () => ({ "x-notification-key": "webhook-key-new" })],
  ])("tells %s the status only, also while something is wrong", async (_, headersOf) => {
    const headers = await headersOf()
    expect(await statusFor(() => anonymous.get(PATH, headers))).toEqual({ status: 200, body: { status: "ok" } })
    const broken = workerWithEnv({ RETENTION_DAYS: "abc" })
    expect(await statusFor(() => broken(PATH, { headers }))).toEqual({ status: 200, body: { status: "degraded" } })
  })

  it("answers 503 while the database does not answer, and logs why", async () => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    const fail = () => {
      throw new TypeError("no database for alice@acme.test")
    }
    const through = workerWithEnv({ DB: { prepare: fail, batch: fail } })
    for (const headers of [{}, SERVICE]) {
      expect(await statusFor(() => through(PATH, { headers }))).toEqual({
        status: 503,
        body: { detail: "the database does not answer" },
      })
    }
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: "error", event: "request_failed", status: 503 }),
    )
    expect(log.mock.calls.join("")).not.toContain("alice")
  })

  it("takes one round trip, and for nobody a few rows, however much is overdue", async () => {
    await insertEvents(1_200, NOON - MINUTE)
    const readsFor = async (headers: HeadersInit) => {
      const { db, spent } = metered(env.DB)
      await workerWithEnv({ DB: db })(PATH, { headers })
      expect(spent).toMatchObject({ roundTrips: 1, rowsWritten: 0 })
      return spent.rowsRead
    }
    expect(await readsFor({})).toBeLessThanOrEqual(50)
    expect(await readsFor(SERVICE)).toBeLessThanOrEqual(2_100)
    expect((await details()).overdue.signal_events).toEqual({ count: 1_000, oldest_seconds: 60 })
  })
})

describe("the cron", () => {
  it("is recorded each time it runs, in one row", async () => {
    await runCron()
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    vi.setSystemTime(NOON + MINUTE + 20 * SECOND)
    expect((await details()).cron).toEqual({
      last_run_at: new Date(NOON + MINUTE).toISOString(),
      seconds_ago: 20,
      failed_tasks: [],
    })
    expect(await selectRows("SELECT count(*) AS count FROM cron_runs")).toEqual([{ count: 1 }])
  })

  it.each([
    ["a minute", MINUTE, "ok"],
    ["five minutes", 5 * MINUTE, "ok"],
    ["six minutes", 6 * MINUTE, "degraded"],
    ["a day", 24 * HOUR, "degraded"],
  ])("may be late, but not for long: %s", async (_, ms, status) => {
    await runCron()
    vi.setSystemTime(NOON + ms)
    expect(await anonymousStatus()).toEqual({ status })
  })

  it("names the task that failed, until that task has run", async () => {
    await runCron({ RETENTION_DAYS: "abc" })
    expect(await details()).toMatchObject({ status: "degraded", cron: { failed_tasks: ["purge"] } })
    await runCron()
    expect(await details()).toEqual({ ...WELL, cron: expect.objectContaining({ failed_tasks: [] }) })
  })

  it("is not recorded by a run that began earlier and ended later", async () => {
    await runCron()
    vi.setSystemTime(NOON - MINUTE)
    await runCron({ RETENTION_DAYS: "abc" })
    expect((await details()).cron).toMatchObject({ last_run_at: new Date(NOON).toISOString(), failed_tasks: [] })
  })
})

describe("what is overdue", () => {
  it("is counted for each table, with the age of the oldest", async () => {
    await insertEvents(2, NOON - 90 * SECOND)
    await insertEvents(1, NOON - 10 * SECOND)
    await insertEvents(3, NOON + SECOND)
    await selectRows("UPDATE signal_events SET status = 'processed', due_at = NULL WHERE id = 1")
    await selectRows(
      `INSERT INTO notifications (org_id, author, message, category, urgent, created_at, publication_id, due_at)
       VALUES (1, 'a', 'm', 'system', 0, 1, 'p', ?)`,
      NOON - 30 * SECOND,
    )
    await selectRows(
      `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, due_at)
       VALUES (1, 'email', 1, 'pending', 1, 1, ?)`,
      NOON - 40 * SECOND,
    )
    await selectRows(
      `INSERT INTO summaries (flow_run_id, notification_id, status, created_at, updated_at, due_at)
       VALUES ('r', 1, 'running', 1, 1, ?)`,
      NOON - 50 * SECOND,
    )
    expect(await details()).toMatchObject({
      status: "ok",
      overdue: {
        signal_events: { count: 2, oldest_seconds: 90 },
        deliveries: { count: 1, oldest_seconds: 40 },
        summaries: { count: 1, oldest_seconds: 50 },
        notifications: { count: 1, oldest_seconds: 30 },
      },
    })
  })

  it("counts as a fault after five minutes", async () => {
    await insertEvents(1, NOON - 5 * MINUTE)
    expect(await anonymousStatus()).toEqual({ status: "ok" })
    vi.setSystemTime(NOON + SECOND)
    expect(await anonymousStatus()).toEqual({ status: "degraded" })
  })
})

it("counts dead letters, and says when the newest came", async () => {
  await consume("dalgo-signals-dead", [{ kind: "prefect", eventId: 1 }])
  expect(await details()).toEqual({
    ...WELL,
    dead_letters: { count: 1, newest_at: new Date(NOON).toISOString() },
  })
})

describe("variables", () => {
  const problemsWith = async (changes: object) => {
    const answer = await workerWithEnv(changes)(PATH, { headers: SERVICE })
    expect(answer.status).toBe(200)
    const { status, variables } = await answer.json<any>()
    expect(status).toBe(variables.length > 0 ? "degraded" : "ok")
    return variables.map(({ name, problem }: any) => [name, problem])
  }

  it.each<[string, object, [string, string][]]>([
    ["nothing wrong", {}, []],
    [
      "a key that is missing",
      { PREFECT_NOTIFICATIONS_WEBHOOK_KEY: "" },
      [["PREFECT_NOTIFICATIONS_WEBHOOK_KEY", "missing"]],
    ],
    [
      "two that are wrong",
      { RETENTION_DAYS: "x", EMAIL_PROVIDER: "mailgun" },
      [
        ["EMAIL_PROVIDER", "invalid"],
        ["RETENTION_DAYS", "invalid"],
      ],
    ],
    ["no secret, but public keys", { JWT_SECRET: "", JWT_JWKS_URL: "https://login.dalgo.test/jwks" }, []],
    ["neither", { JWT_SECRET: "" }, [["JWT_SECRET", "missing"]]],
    ["no key for SES", { SES_ACCESS_KEY_ID: "" }, [["SES_ACCESS_KEY_ID", "missing"]]],
    ["no key for SES, which is not used", { EMAIL_PROVIDER: "cloudflare", SES_ACCESS_KEY_ID: "" }, []],
    ["half a key pair", { VAPID_PRIVATE_KEY: "" }, [["VAPID_PRIVATE_KEY", "missing"]]],
    ["no push at all", { VAPID_PUBLIC_KEY: "", VAPID_PRIVATE_KEY: "", VAPID_SUBJECT: "" }, []],
    ["a number, as wrangler.toml allows", { RETENTION_DAYS: 90, AUTO_GENERATE_LLM_FAILURE_SUMMARIES: true }, []],
    ["nobody to be told", { NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "yes", ADMIN_EMAIL: "" }, [["ADMIN_EMAIL", "missing"]]],
    ["somebody to be told", { NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "yes", ADMIN_EMAIL: "ops@dalgo.test" }, []],
    ["a binding as a variable", { RETENTION_DAYS: { get: () => "90" } }, [["RETENTION_DAYS", "invalid"]]],
    [
      "no rate limiter and no model",
      { SEND_LIMIT: undefined, AI: undefined },
      [
        ["AI", "missing"],
        ["SEND_LIMIT", "missing"],
      ],
    ],
    ["no binding for e-mail, which SES sends", { EMAIL: undefined }, []],
  ])("are listed: %s", async (_, changes, expected) => {
    expect(await problemsWith(changes)).toEqual(expected)
  })

  it("say what they affect, and never have a value", async () => {
    const through = workerWithEnv({ JWT_SECRET: "s3cret", EMAIL_PROVIDER: "pigeon" })
    const text = await (await through(PATH, { headers: SERVICE })).text()
    expect(text).toContain('{"name":"EMAIL_PROVIDER","problem":"invalid","affects":"E-mails wait."}')
    expect(text).not.toMatch(/s3cret|pigeon/)
  })

  it("are not told to admins", async () => {
    expect(await (await alice.get(PATH)).json()).toEqual({ status: "ok" })
  })
})
