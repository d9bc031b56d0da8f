import { AsyncLocalStorage } from "node:async_hooks"
import { abortAllDurableObjects } from "cloudflare:test"

/** Ways in which a single call to the outside of a worker goes wrong. */
export const KINDS = [
  /** The worker dies before the call is made. */
  "dies before",
  /** The call is made, and the worker dies before it hears of it. */
  "dies after",
  /** The call is not made, the worker gets an error and lives. */
  "fails",
  /** The call is made, the worker gets an error and lives. */
  "reply lost",
  /** The worker stands still for longer than any lease, while others take over; then it goes on as if nothing were. */
  "stalls",
  /** Another worker gets the same to do at the same time, and is done with it before this one goes on. */
  "is overtaken",
] as const
export type Kind = (typeof KINDS)[number]

/** Others work while this run stands still; within an object nobody does. */
export const isPause = (kind: Kind) => kind === "stalls" || kind === "is overtaken"

export type Port =
  | "database"
  | "bar's database"
  | "queue"
  | "bar"
  | "e-mail"
  | "room"
  | "push service"
  | "Prefect"
  | "AI"
  | "rate limit"
export type Step = { at: number; port: Port; name: string }
export type Strike = Step & { kind: Kind; run: Run }

/** One invocation of the worker: a request, a batch of a queue, the cron. It makes one call at a time, so that the same run makes the same steps. */
export class Run {
  private static last = 0
  readonly number = ++Run.last
  isDead = false
  /** `again` does the same once more. */
  constructor(readonly again: () => Promise<unknown> = async () => {}) {}
  private last: Promise<void> = Promise.resolve()

  async turn(): Promise<() => void> {
    const before = this.last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.last = promise
    await before
    return resolve
  }
}

/** Objects are invocations of their own: in them there is no run. */
const runs = new AsyncLocalStorage<Run>()
export const within = <T>(run: Run, work: () => Promise<T>) => runs.run(run, work)

export class Lost extends Error {
  override readonly name = "Lost"
  /** workerd prints it for every call to an object that fails. */
  override readonly stack = ""
}

/** Counts the calls of all ports, and lets `strike` say which of them goes wrong, and how. */
export class Steps {
  count = 0
  strike: ((step: Step) => Kind | undefined) | undefined
  /** What others do while a run stalls. */
  meanwhile: () => Promise<void> = async () => {}
  readonly taken: Step[] = []
  readonly struck: Strike[] = []

  /** Counts from here. */
  begin(strike?: (step: Step) => Kind | undefined): void {
    this.count = 0
    this.taken.splice(0)
    this.strike = strike
  }

  /** Who is calling a bar, and whether that bar's object has died under the call. */
  private inBar: { run: Run; isDead: boolean } | undefined

  /** The faults that struck this run. */
  of = (run: Run) => this.struck.filter((strike) => strike.run === run)

  /** A call that the worker makes. */
  async take<T>(port: Port, name: string, act: (run: Run, at: number) => Promise<T>): Promise<T> {
    const run = runs.getStore()
    if (!run) throw new Error(`${name} was called by nobody`)
    const done = await run.turn()
    try {
      if (run.isDead) throw new Lost("the worker is dead")
      const { at, kind } = this.next(run, { port, name })
      const die = () => {
        run.isDead = true
        return new Lost(`died at ${name}`)
      }
      switch (kind) {
        case undefined:
          return await act(run, at)
        case "dies before":
          throw die()
        case "dies after":
          await act(run, at).catch(() => {})
          throw die()
        case "fails":
          throw new Lost(`no answer: ${name}`)
        case "reply lost":
          await act(run, at)
          throw new Lost(`lost answer: ${name}`)
        case "stalls":
          await this.quietly(this.meanwhile)
          return await act(run, at)
        case "is overtaken":
          await this.quietly(run.again)
          return await act(run, at)
      }
    } finally {
      done()
    }
  }

  /** A call to a bar. */
  callBar<T>(name: string, call: () => Promise<T>): Promise<T> {
    return this.take("bar", name, (run) => this.inBarOf(run, call))
  }

  /** What a bar does because somebody asks it to: this run, or an open tab. If its object dies meanwhile, it is taken away. */
  async inBarOf<T>(run: Run, work: () => Promise<T>): Promise<T> {
    const visit = { run, isDead: false }
    this.inBar = visit
    const [result] = await Promise.allSettled([work()])
    this.inBar = undefined
    if (visit.isDead) {
      await abortAllDurableObjects()
      throw new Lost("the object is dead")
    }
    if (result.status === "rejected") throw result.reason
    return result.value
  }

  /** A call that an object makes while somebody calls it. Where it dies, its caller lives; it does not stand still. */
  async takeInBar<T>(name: string, act: () => Promise<T>): Promise<T> {
    const visit = this.inBar
    if (!visit) return act()
    if (visit.isDead) throw new Lost("the object is dead")
    const { kind } = this.next(visit.run, { port: "bar's database", name })
    if (kind === "dies before" || kind === "dies after") visit.isDead = true
    if (kind === "dies after" || kind === "reply lost") await act()
    if (kind && !isPause(kind)) throw new Lost(`${kind}: ${name}`)
    return act()
  }

  /** Does this without counting and without any fault. */
  async quietly<T>(work: () => Promise<T>): Promise<T> {
    const { strike, isQuiet } = this
    this.strike = undefined
    this.isQuiet = true
    try {
      return await work()
    } finally {
      this.strike = strike
      this.isQuiet = isQuiet
    }
  }
  private isQuiet = false

  private next(run: Run, { port, name }: Omit<Step, "at">): { at: number; kind: Kind | undefined } {
    if (this.isQuiet) return { at: this.count, kind: undefined }
    const step = { at: ++this.count, port, name }
    this.taken.push(step)
    const kind = this.strike?.(step)
    if (kind) this.struck.push({ ...step, kind, run })
    return { at: step.at, kind }
  }
}
