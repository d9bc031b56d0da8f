import { env } from "cloudflare:workers"
import type { MemoryQueue } from "./memory-queue"
import type { FaultInjector } from "./fault-injector"

type Call = <T>(name: string, act: () => Promise<T>) => Promise<T>

/** The bindings of the worker. Each call through them is a step of `faults`. */
export function instrumentedEnv(
  faults: FaultInjector,
  { database, queue, ai }: { database: D1Database; queue: MemoryQueue; ai: Ai["run"] },
) {
  const queueOf = (name: string) => ({
    send: (body: unknown, options?: QueueSendOptions) =>
      faults.call("queue", `${name} send`, async () => queue.put(name, [body], options)),
    sendBatch: (messages: { body: unknown }[], options?: QueueSendBatchOptions) =>
      faults.call("queue", `${name} sendBatch`, async () =>
        queue.put(
          name,
          messages.map(({ body }) => body),
          options,
        ),
      ),
  })
  // Both lanes are used.
  let shareAnswers = 0
  return {
    ...env,
    DB: databaseThrough(database, (name, act) => faults.call("database", name, act)),
    SIGNALS: queueOf("dalgo-signals"),
    SIGNALS_BULK: queueOf("dalgo-signals-bulk"),
    DELIVERIES: queueOf("dalgo-deliveries"),
    DELIVERIES_BULK: queueOf("dalgo-deliveries-bulk"),
    URGENT_BAR: { getByName: (name: string) => stubThrough(faults, name) },
    AI: { run: (...args: Parameters<Ai["run"]>) => faults.call("AI", "AI", async () => ai(...args)) },
    SEARCH_LIMIT: { limit: () => faults.call("rate limit", "rate limit", async () => ({ success: true })) },
    QUEUE_SHARE: {
      limit: () => faults.call("rate limit", "queue share", async () => ({ success: shareAnswers++ % 2 === 0 })),
    },
    SEND_LIMIT: { limit: () => faults.call("rate limit", "rate limit", async () => ({ success: true })) },
  } as unknown as Env
}

function stubThrough(faults: FaultInjector, name: string) {
  // Get the stub anew for each call: a stub is broken once its object has died.
  const call = (method: string, args: unknown[]): Promise<unknown> => {
    const stub = env.URGENT_BAR.getByName(name)
    return Reflect.apply(Reflect.get(stub, method), stub, args)
  }
  return new Proxy(
    {},
    {
      get: (_, method) => {
        if (typeof method === "symbol" || method === "then") return undefined
        return (...args: unknown[]) => faults.callBar(`urgent bar ${method}`, () => call(method, args))
      },
    },
  )
}

/** The same database, with each round trip as one call. */
export function databaseThrough(database: Pick<D1Database, "prepare" | "batch">, call: Call): D1Database {
  const originals = new WeakMap<object, { original: D1PreparedStatement; sql: string }>()

  const wrapped = (original: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const through =
      (method: "all" | "run" | "raw" | "first") =>
      (...args: unknown[]) =>
        call(nameOf(sql), () => (original[method] as (...args: unknown[]) => Promise<unknown>)(...args))
    const statement = {
      bind: (...values: unknown[]) => wrapped(original.bind(...values), sql),
      all: through("all"),
      run: through("run"),
      raw: through("raw"),
      first: through("first"),
    }
    originals.set(statement, { original, sql })
    return statement as unknown as D1PreparedStatement
  }

  const originalOf = (statement: D1PreparedStatement) => {
    const found = originals.get(statement)
    if (!found) throw new Error("a statement that another database prepared")
    return found
  }
  return {
    prepare: (sql: string) => wrapped(database.prepare(sql), sql),
    batch: <T>(statements: D1PreparedStatement[]) => {
      const wrappedStatements = statements.map(originalOf)
      return call(wrappedStatements.map(({ sql }) => nameOf(sql)).join(", "), () =>
        database.batch<T>(wrappedStatements.map(({ original }) => original)),
      )
    },
  } as unknown as D1Database
}

/** For example "update deliveries". */
function nameOf(sql: string): string {
  const verb = sql.match(/\w+/)?.[0].toLowerCase() ?? ""
  const table = sql.match(verb === "update" ? /update\s+"?(\w+)/i : /(?:from|into)\s+"?(\w+)/i)?.[1] ?? ""
  return `${verb} ${table}`
}
