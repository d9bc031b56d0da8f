import { createExecutionContext, runDurableObjectAlarm, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { vi } from "vitest"
import worker from "../../src/index"
import { clearMembershipCache } from "../../src/auth/membership"
import { MINUTE, NOON } from "../support/clock"
import { dice } from "../support/dice"
import { MemoryQueue, type Message } from "./memory-queue"
import { Elsewhere, Model, Post, Prefect, PUSH_SERVICE, ROOMS_AT } from "./fakes"
import { databaseThrough, ports } from "./instrumented-env"
import { type Port, Run, Steps, within } from "./fault-injector"

const ORIGIN = "https://notifications.dalgo.test"
/** Longer than any lease. */
const STALL_MS = 10 * MINUTE
/** Seven tries take nine hours, and a second crash as long again. */
const MOST_ROUNDS = 150

/** What goes through these may be lost, and nobody who asks for something need know. */
const HINTS = new Set<Port>(["queue", "bar", "bar's database"])
const NEEDS_A_BAR = "/wss/"

/** What is due at some time, and when the first of it is. */
const NEXT_DUE = `SELECT min(due_at) AS at FROM (
  SELECT min(due_at) AS due_at FROM notifications UNION ALL SELECT min(due_at) FROM deliveries
  UNION ALL SELECT min(due_at) FROM signal_events UNION ALL SELECT min(due_at) FROM summaries)`

/** A worker behind its doors, with everything that is outside of it: the database and its objects are real. */
export class World {
  readonly steps = new Steps()
  readonly queue = new MemoryQueue()
  readonly post = new Post()
  readonly elsewhere = new Elsewhere()
  readonly prefect = new Prefect()
  readonly model = new Model()
  /** Errors that were answered though no more than a hint was lost. */
  readonly needless: string[] = []
  private readonly database = { prepare: env.DB.prepare.bind(env.DB), batch: env.DB.batch.bind(env.DB) }
  private readonly bindings = ports(this.steps, { database: env.DB, queue: this.queue, ai: this.model.run })

  constructor() {
    const ofBars = databaseThrough(this.database, (name, act) => this.steps.takeInBar(name, act))
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => ofBars.prepare(sql))
    vi.spyOn(env.DB, "batch").mockImplementation((statements) => ofBars.batch(statements))
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => this.answer(new Request(input, init)))
    vi.spyOn(console, "log").mockReturnValue()
    vi.spyOn(Math, "random").mockImplementation(dice(1).random)
    // The true time plays no part here, and one invocation of a test may hold ten thousand timers.
    vi.spyOn(AbortSignal, "timeout").mockImplementation(() => new AbortController().signal)
    vi.setSystemTime(NOON)
    this.steps.meanwhile = async () => {
      this.wait(STALL_MS)
      await this.cron()
      await this.deliver()
    }
  }

  /** What the database holds, asked beside all ports. */
  async rows<T = any>(sql: string, ...values: unknown[]): Promise<T[]> {
    const [rows = []] = await this.tables([sql, ...values])
    return rows
  }

  /** The same of several questions in one round trip. */
  async tables(...questions: [sql: string, ...values: unknown[]][]): Promise<any[][]> {
    const results = await this.database.batch<any>(
      questions.map(([sql, ...values]) => this.database.prepare(sql).bind(...values)),
    )
    return results.map((result) => result.results)
  }

  /** By which a notification is known again wherever it goes. */
  newMark = () => `mark-${++this.marks}`
  private marks = 0

  wait(ms: number): void {
    vi.setSystemTime(Date.now() + ms)
  }

  /** Counts steps from here. The worker that makes them has met nobody yet. */
  begin(strike?: Steps["strike"]): void {
    clearMembershipCache()
    this.steps.begin(strike)
  }

  // The doors ----------------------------------------------------------------------------------------------

  /** Asks, and answers what was answered; nothing where the worker died first. */
  async ask(path: string, init: RequestInit): Promise<Response | undefined> {
    // Whoever sends anything else twice means it twice.
    const isSafe = init.method !== "POST" || new Headers(init.headers).has("idempotency-key")
    return this.run(
      async (bindings, ctx, run) => {
        const answer = await worker.fetch(new Request(ORIGIN + path, init), bindings, ctx)
        const isExcused =
          run.isDead || path.startsWith(NEEDS_A_BAR) || this.steps.of(run).some(({ port }) => !HINTS.has(port))
        if (answer.status >= 500 && !isExcused) this.needless.push(`${init.method} ${path} answered ${answer.status}`)
        return answer
      },
      async () => isSafe && this.ask(path, init),
    )
  }

  /** Asks until somebody answers, as a client does that must know. */
  async insist(path: string, init: () => Promise<RequestInit>): Promise<Response> {
    for (let tries = 0; tries < 5; tries++) {
      const answer = await this.ask(path, await init())
      if (answer && answer.status < 500) return answer
      this.wait(1_000)
    }
    return this.steps.quietly(async () => (await this.ask(path, await init())) as Response)
  }

  async cron(): Promise<void> {
    await this.run(
      (bindings, ctx) =>
        Promise.resolve(
          worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry() {} }, bindings, ctx),
        ),
      () => this.cron(),
    )
  }

  /** Delivers one batch; what the worker wants again comes again, and all of it where the worker died. */
  async consume(messages: Message[]): Promise<void> {
    const again = new Map<Message, number>()
    const batch = {
      queue: messages[0]?.queue ?? "",
      messages: messages.map((message) => ({
        ...message,
        timestamp: new Date(),
        attempts: message.attempts + 1,
        ack() {},
        retry: ({ delaySeconds = 0 } = {}) => void again.set(message, delaySeconds),
      })),
      ackAll() {},
      retryAll: () => messages.forEach((message) => again.set(message, 0)),
    } as unknown as MessageBatch<any>
    const isDone = await this.run(
      async (bindings, ctx) => {
        await worker.queue(batch, bindings, ctx)
        return true
      },
      () => this.consume(messages.map((message) => ({ ...message }))),
    )
    for (const message of messages) {
      if (!isDone) this.queue.back(message, 0)
      else if (again.has(message)) this.queue.back(message, again.get(message) ?? 0)
    }
  }

  /** Delivers what is due now, and what that puts on the queues. */
  async deliver(): Promise<void> {
    for (let batch = this.queue.take(); batch.length > 0; batch = this.queue.take()) await this.consume(batch)
  }

  /** The bars compare themselves with the database. */
  alarm = (orgId: number) => runDurableObjectAlarm(env.URGENT_BAR.getByName(String(orgId)))

  /** All is well again: time passes and the cron comes each minute, until nothing is left to be done. */
  async rest({ withinMs = 30 * MINUTE } = {}): Promise<void> {
    this.steps.strike = undefined
    const latest = Date.now() + withinMs
    for (let round = 0; round < MOST_ROUNDS; round++) {
      await this.deliver()
      const [due] = await this.rows<{ at: number | null }>(NEXT_DUE)
      const next = [due?.at, this.queue.nextAt()].filter((at): at is number => typeof at === "number")
      if (next.length === 0) return
      if (Math.min(...next) > latest) break
      vi.setSystemTime(Math.max(Date.now() + MINUTE, Math.min(...next)))
      await this.cron()
    }
    throw new Error("something is still to be done")
  }

  // ---------------------------------------------------------------------------------------------------------

  /** One invocation, and what it left to be done after its answer. A worker that dies takes along what it knew. */
  private async run<T>(
    work: (bindings: Env, ctx: ExecutionContext, run: Run) => T | Promise<T>,
    again: () => Promise<unknown>,
  ): Promise<T | undefined> {
    const run = new Run(again)
    return within(run, async () => {
      const ctx = createExecutionContext()
      let answer: T | undefined
      try {
        const given = await work(this.bindings, ctx, run)
        if (!run.isDead) answer = given
      } catch (error) {
        if (!run.isDead) throw error
      }
      await waitOnExecutionContext(ctx).catch(() => {})
      if (run.isDead) clearMembershipCache()
      return answer
    })
  }

  private answer(request: Request): Promise<Response> {
    const { host, pathname } = new URL(request.url)
    switch (host) {
      case "ses.dalgo.test":
        return this.steps.take("e-mail", "send", (run, at) => this.post.answer(request, { run, at }))
      case ROOMS_AT:
        return this.steps.take("room", "say", (run, at) => this.elsewhere.answer(request, { run, at }))
      case PUSH_SERVICE:
        return this.steps.take("push service", "push", (run, at) => this.elsewhere.answer(request, { run, at }))
      default:
        return this.steps.take("Prefect", pathname.replace(/[0-9a-f-]{36}/, "…"), () => this.prefect.answer(request))
    }
  }
}
