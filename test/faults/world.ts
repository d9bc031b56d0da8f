import { createExecutionContext, runDurableObjectAlarm, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { vi } from "vitest"
import worker from "../../src/index"
import { clearMembershipCache } from "../../src/auth/membership"
import { MINUTE, NOON } from "../support/clock"
import { prng } from "../support/prng"
import { CHAT_HOST, FakeChatAndPush, FakeModel, FakePrefect, FakeSes, PUSH_HOST } from "./fakes"
import { FaultInjector, type InjectFault, inRun, type Port, Run } from "./fault-injector"
import { databaseThrough, instrumentedEnv } from "./instrumented-env"
import { MemoryQueue, type Message } from "./memory-queue"

const ORIGIN = "https://notifications.dalgo.test"
/** Longer than any lease. */
const STALL_MS = 10 * MINUTE
/** Seven attempts take nine hours; a second crash takes as long again. */
const MAX_ROUNDS = 150

/** Calls through these carry hints only. A request must not fail because one of them did. */
const HINT_PORTS = new Set<Port>(["queue", "urgent bar", "urgent bar's database"])
const SOCKET_PATH = "/wss/"

const NEXT_DUE = `SELECT min(due_at) AS at FROM (
  SELECT min(due_at) AS due_at FROM notifications UNION ALL SELECT min(due_at) FROM deliveries
  UNION ALL SELECT min(due_at) FROM signal_events UNION ALL SELECT min(due_at) FROM summaries)`

/** The worker with a real database and real Durable Objects. Its clock, queues and HTTP services are fakes. */
export class World {
  readonly faults = new FaultInjector()
  readonly queue = new MemoryQueue()
  readonly ses = new FakeSes()
  readonly chatAndPush = new FakeChatAndPush()
  readonly prefect = new FakePrefect()
  readonly model = new FakeModel()
  /** Responses with status 5xx although only hints were lost. */
  readonly needlessErrors: string[] = []
  private readonly database = { prepare: env.DB.prepare.bind(env.DB), batch: env.DB.batch.bind(env.DB) }
  private readonly bindings = instrumentedEnv(this.faults, { database: env.DB, queue: this.queue, ai: this.model.run })

  constructor() {
    const barDatabase = databaseThrough(this.database, (name, act) => this.faults.callFromBar(name, act))
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => barDatabase.prepare(sql))
    vi.spyOn(env.DB, "batch").mockImplementation((statements) => barDatabase.batch(statements))
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => this.answer(new Request(input, init)))
    vi.spyOn(console, "log").mockReturnValue()
    vi.spyOn(Math, "random").mockImplementation(prng(1).random)
    // Real time does not matter here, and one invocation in a test can hold 10,000 timers.
    vi.spyOn(AbortSignal, "timeout").mockImplementation(() => new AbortController().signal)
    vi.setSystemTime(NOON)
    this.faults.duringStall = async () => {
      this.advanceClock(STALL_MS)
      await this.runCron()
      await this.deliverQueues()
    }
  }

  /** Queries the database directly: no step is counted. */
  async rows<T = any>(sql: string, ...values: unknown[]): Promise<T[]> {
    const [rows = []] = await this.tables([sql, ...values])
    return rows
  }

  /** Several queries in one round trip. */
  async tables(...queries: [sql: string, ...values: unknown[]][]): Promise<any[][]> {
    const results = await this.database.batch<any>(
      queries.map(([sql, ...values]) => this.database.prepare(sql).bind(...values)),
    )
    return results.map((result) => result.results)
  }

  /** A text by which a notification is recognised everywhere. */
  newMarker = () => `marker-${++this.markerCount}`
  private markerCount = 0

  advanceClock(ms: number): void {
    vi.setSystemTime(Date.now() + ms)
  }

  /** Restarts the numbering of steps, with a new worker: its membership cache is empty. */
  begin(injectFault?: InjectFault): void {
    clearMembershipCache()
    this.faults.begin(injectFault)
  }

  /** Sends a request. Returns nothing if the worker died. */
  async request(path: string, init: RequestInit): Promise<Response | undefined> {
    // Another POST is a second publication, so that it must not be duplicated.
    const isIdempotent = init.method !== "POST" || new Headers(init.headers).has("idempotency-key")
    return this.run(
      async (bindings, ctx, run) => {
        const answer = await worker.fetch(new Request(ORIGIN + path, init), bindings, ctx)
        const isExcused =
          run.isDead ||
          path.startsWith(SOCKET_PATH) ||
          this.faults.faultsIn(run).some(({ port }) => !HINT_PORTS.has(port))
        if (answer.status >= 500 && !isExcused)
          this.needlessErrors.push(`${init.method} ${path} answered ${answer.status}`)
        return answer
      },
      async () => isIdempotent && this.request(path, init),
    )
  }

  /** Repeats the request after no answer or a 5xx. After five attempts it is sent without faults. */
  async requestUntilAnswered(path: string, makeInit: () => Promise<RequestInit>): Promise<Response> {
    for (let tries = 0; tries < 5; tries++) {
      const answer = await this.request(path, await makeInit())
      if (answer && answer.status < 500) return answer
      this.advanceClock(1_000)
    }
    return this.faults.withoutFaults(async () => (await this.request(path, await makeInit())) as Response)
  }

  async runCron(): Promise<void> {
    await this.run(
      (bindings, ctx) =>
        Promise.resolve(
          worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry() {} }, bindings, ctx),
        ),
      () => this.runCron(),
    )
  }

  /** Delivers one batch. Messages that the worker retries go back on the queue; all of them if the worker died. */
  async consume(messages: Message[]): Promise<void> {
    const retries = new Map<Message, number>()
    const batch = {
      queue: messages[0]?.queue ?? "",
      messages: messages.map((message) => ({
        ...message,
        timestamp: new Date(),
        attempts: message.attempts + 1,
        ack() {},
        retry: ({ delaySeconds = 0 } = {}) => void retries.set(message, delaySeconds),
      })),
      ackAll() {},
      retryAll: () => messages.forEach((message) => retries.set(message, 0)),
    } as unknown as MessageBatch<any>
    const isDone = await this.run(
      async (bindings, ctx) => {
        await worker.queue(batch, bindings, ctx)
        return true
      },
      () => this.consume(messages.map((message) => ({ ...message }))),
    )
    for (const message of messages) {
      if (!isDone) this.queue.retry(message, 0)
      else if (retries.has(message)) this.queue.retry(message, retries.get(message) ?? 0)
    }
  }

  /** Delivers messages until none is due now. */
  async deliverQueues(): Promise<void> {
    for (let batch = this.queue.take(); batch.length > 0; batch = this.queue.take()) await this.consume(batch)
  }

  /** The alarm of an organisation's bar, which compares it with the database. */
  runBarAlarm = (orgId: number) => runDurableObjectAlarm(env.URGENT_BAR.getByName(String(orgId)))

  /** Without faults: advances the clock, and runs the queues and the cron, until nothing is due. */
  async runUntilIdle({ withinMs = 30 * MINUTE } = {}): Promise<void> {
    this.faults.injectFault = undefined
    const latest = Date.now() + withinMs
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.deliverQueues()
      const [due] = await this.rows<{ at: number | null }>(NEXT_DUE)
      const next = [due?.at, this.queue.nextDueAt()].filter((at): at is number => typeof at === "number")
      if (next.length === 0) return
      if (Math.min(...next) > latest) break
      vi.setSystemTime(Math.max(Date.now() + MINUTE, Math.min(...next)))
      await this.runCron()
    }
    throw new Error("work is still due")
  }

  /** One invocation, including its `waitUntil` work. A worker that dies loses its membership cache. */
  private async run<T>(
    work: (bindings: Env, ctx: ExecutionContext, run: Run) => T | Promise<T>,
    repeat: () => Promise<unknown>,
  ): Promise<T | undefined> {
    const run = new Run(repeat)
    return inRun(run, async () => {
      const ctx = createExecutionContext()
      let answer: T | undefined
      try {
        const result = await work(this.bindings, ctx, run)
        if (!run.isDead) answer = result
      } catch (error) {
        if (!run.isDead) throw error
      }
      await waitOnExecutionContext(ctx).catch(() => {})
      // A slow bar may outlive its caller's time limit, and would abort the objects of what runs next.
      await this.faults.waitForBarCalls()
      if (run.isDead) clearMembershipCache()
      return answer
    })
  }

  private answer(request: Request): Promise<Response> {
    const { host, pathname } = new URL(request.url)
    switch (host) {
      case "ses.dalgo.test":
        return this.faults.call("email provider", "send", (run, at) => this.ses.answer(request, { run, at }))
      case CHAT_HOST:
        return this.faults.call("chat", "post", (run, at) => this.chatAndPush.answer(request, { run, at }))
      case PUSH_HOST:
        return this.faults.call("push service", "push", (run, at) => this.chatAndPush.answer(request, { run, at }))
      default:
        return this.faults.call("Prefect", pathname.replace(/[0-9a-f-]{36}/, "…"), () => this.prefect.answer(request))
    }
  }
}
