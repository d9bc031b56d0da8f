import { AsyncLocalStorage } from "node:async_hooks"
import { abortAllDurableObjects } from "cloudflare:test"

/** Ways in which one call from the worker to the outside goes wrong. */
export const FAULT_KINDS = [
  /** The worker dies before the call is made. */
  "crash before call",
  /** The call is made, and the worker dies before the response arrives. */
  "crash after call",
  /** The call is not made. The worker gets an error and goes on. */
  "call fails",
  /** The call is made. The worker gets an error and goes on. */
  "response lost",
  /** The worker pauses for longer than any lease, while the cron and the queues run; then it goes on. */
  "stall",
  /** Another worker does the same work from start to end before this call is made. */
  "concurrent duplicate",
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** Other workers run while this one pauses. A Durable Object does not pause: its input gate keeps others out. */
export const isPause = (kind: FaultKind) => kind === "stall" || kind === "concurrent duplicate"

export type Port =
  | "database"
  | "urgent bar's database"
  | "queue"
  | "urgent bar"
  | "email provider"
  | "chat"
  | "push service"
  | "Prefect"
  | "AI"
  | "rate limit"
export type Step = { at: number; port: Port; name: string }
export type InjectedFault = Step & { kind: FaultKind; run: Run }
/** Chooses the fault of a step; none if it returns `undefined`. */
export type InjectFault = (step: Step) => FaultKind | undefined

/**
 * One invocation of the worker: a request, a queue batch or the cron. Its calls run one at a time, so that the same
 * work always has the same steps.
 */
export class Run {
  private static last = 0
  readonly number = ++Run.last
  isDead = false
  /** `repeat` does the same work once more. */
  constructor(readonly repeat: () => Promise<unknown> = async () => {}) {}
  private last: Promise<void> = Promise.resolve()

  /** Waits until earlier calls have ended; the returned function lets the next one go. */
  async turn(): Promise<() => void> {
    const before = this.last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.last = promise
    await before
    return resolve
  }
}

/** A Durable Object is an invocation of its own: inside it this store is empty. */
const runs = new AsyncLocalStorage<Run>()
export const inRun = <T>(run: Run, work: () => Promise<T>) => runs.run(run, work)

export class FaultError extends Error {
  override readonly name = "FaultError"
  /** workerd prints the stack of every failed call to a Durable Object. */
  override readonly stack = ""
}

/** Numbers the calls through all ports, and lets `injectFault` choose which of them goes wrong, and how. */
export class FaultInjector {
  count = 0
  injectFault: InjectFault | undefined
  /** The work of others while a run stalls. */
  duringStall: () => Promise<void> = async () => {}
  readonly steps: Step[] = []
  readonly injected: InjectedFault[] = []

  /** Restarts the numbering of steps. */
  begin(injectFault?: InjectFault): void {
    this.count = 0
    this.steps.splice(0)
    this.injectFault = injectFault
  }

  /** The run that calls a bar now, and whether the bar's object has died during the call. */
  private barCall: { run: Run; isDead: boolean } | undefined

  faultsIn = (run: Run) => this.injected.filter((fault) => fault.run === run)

  /** A call of the worker. */
  async call<T>(port: Port, name: string, act: (run: Run, at: number) => Promise<T>): Promise<T> {
    const run = runs.getStore()
    if (!run) throw new Error(`${name} was called outside of a run`)
    const endTurn = await run.turn()
    try {
      if (run.isDead) throw new FaultError("the worker is dead")
      const { at, kind } = this.nextStep(run, { port, name })
      const crash = () => {
        run.isDead = true
        return new FaultError(`crashed at ${name}`)
      }
      switch (kind) {
        case undefined:
          return await act(run, at)
        case "crash before call":
          throw crash()
        case "crash after call":
          await act(run, at).catch(() => {})
          throw crash()
        case "call fails":
          throw new FaultError(`no answer: ${name}`)
        case "response lost":
          await act(run, at)
          throw new FaultError(`lost answer: ${name}`)
        case "stall":
          await this.withoutFaults(this.duringStall)
          return await act(run, at)
        case "concurrent duplicate":
          await this.withoutFaults(run.repeat)
          return await act(run, at)
      }
    } finally {
      endTurn()
    }
  }

  /** A call of the worker to a bar. */
  callBar<T>(name: string, call: () => Promise<T>): Promise<T> {
    return this.call("urgent bar", name, (run) => this.barCallOf(run, call))
  }

  /** The calls of bars that go on, also those that their caller no longer waits for. */
  private barCalls = new Set<Promise<unknown>>()

  async waitForBarCalls(): Promise<void> {
    while (this.barCalls.size > 0) await Promise.allSettled(this.barCalls)
  }

  /** Counts the bar's own calls during `work` as steps of this run. A bar that dies is aborted afterwards. */
  barCallOf<T>(run: Run, work: () => Promise<T>): Promise<T> {
    const call = this.runBarCall(run, work).finally(() => this.barCalls.delete(call))
    this.barCalls.add(call)
    return call
  }

  private async runBarCall<T>(run: Run, work: () => Promise<T>): Promise<T> {
    const barCall = { run, isDead: false }
    this.barCall = barCall
    const [result] = await Promise.allSettled([work()])
    this.barCall = undefined
    if (barCall.isDead) {
      await abortAllDurableObjects()
      throw new FaultError("the object is dead")
    }
    if (result.status === "rejected") throw result.reason
    return result.value
  }

  /** A database call of a bar. If the bar dies, its caller lives. The bar never pauses. */
  async callFromBar<T>(name: string, act: () => Promise<T>): Promise<T> {
    const { barCall } = this
    if (!barCall) return act()
    if (barCall.isDead) throw new FaultError("the object is dead")
    const { kind } = this.nextStep(barCall.run, { port: "urgent bar's database", name })
    if (kind === "crash before call" || kind === "crash after call") barCall.isDead = true
    if (kind === "crash after call" || kind === "response lost") await act()
    if (kind && !isPause(kind)) throw new FaultError(`${kind}: ${name}`)
    return act()
  }

  /** Runs `work` without counting steps and without faults. */
  async withoutFaults<T>(work: () => Promise<T>): Promise<T> {
    const { injectFault, isPaused } = this
    this.injectFault = undefined
    this.isPaused = true
    try {
      return await work()
    } finally {
      this.injectFault = injectFault
      this.isPaused = isPaused
    }
  }
  private isPaused = false

  private nextStep(run: Run, { port, name }: Omit<Step, "at">): { at: number; kind: FaultKind | undefined } {
    if (this.isPaused) return { at: this.count, kind: undefined }
    const step = { at: ++this.count, port, name }
    this.steps.push(step)
    const kind = this.injectFault?.(step)
    if (kind) this.injected.push({ ...step, kind, run })
    return { at: step.at, kind }
  }
}
