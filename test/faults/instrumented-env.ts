import { env } from "cloudflare:workers"
import type { MemoryQueue } from "./memory-queue"
import type { Steps } from "./fault-injector"

type Take = <T>(name: string, act: () => Promise<T>) => Promise<T>

/** The bindings of a worker, with every call through `steps`. */
export function ports(
  steps: Steps,
  { database, queue, ai }: { database: D1Database; queue: MemoryQueue; ai: Ai["run"] },
) {
  const queueOf = (name: string) => ({
    send: (body: unknown, options?: QueueSendOptions) =>
      steps.take("queue", `${name} send`, async () => queue.put(name, [body], options)),
    sendBatch: (messages: { body: unknown }[], options?: QueueSendBatchOptions) =>
      steps.take("queue", `${name} sendBatch`, async () =>
        queue.put(
          name,
          messages.map(({ body }) => body),
          options,
        ),
      ),
  })
  return {
    ...env,
    DB: databaseThrough(database, (name, act) => steps.take("database", name, act)),
    SIGNALS: queueOf("dalgo-signals"),
    DELIVERIES: queueOf("dalgo-deliveries"),
    URGENT_BAR: { getByName: (name: string) => barThrough(steps, name) },
    AI: { run: (...args: Parameters<Ai["run"]>) => steps.take("AI", "AI", async () => ai(...args)) },
    SEND_LIMIT: { limit: () => steps.take("rate limit", "rate limit", async () => ({ success: true })) },
  } as unknown as Env
}

function barThrough(steps: Steps, name: string) {
  // A stub is of no use once its object has died.
  const call = (method: string, args: unknown[]): Promise<unknown> => {
    const stub = env.URGENT_BAR.getByName(name)
    return Reflect.apply(Reflect.get(stub, method), stub, args)
  }
  return new Proxy(
    {},
    {
      get: (_, method) => {
        if (typeof method === "symbol" || method === "then") return undefined
        return (...args: unknown[]) => steps.callBar(`bar ${method}`, () => call(method, args))
      },
    },
  )
}

/** This database, with every round trip through `take`. */
export function databaseThrough(database: Pick<D1Database, "prepare" | "batch">, take: Take): D1Database {
  const originals = new WeakMap<object, { original: D1PreparedStatement; sql: string }>()

  const wrapped = (original: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const through =
      (method: "all" | "run" | "raw" | "first") =>
      (...args: unknown[]) =>
        take(nameOf(sql), () => (original[method] as (...args: unknown[]) => Promise<unknown>)(...args))
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

  const known = (statement: D1PreparedStatement) => {
    const found = originals.get(statement)
    if (!found) throw new Error("a statement of another database")
    return found
  }
  return {
    prepare: (sql: string) => wrapped(database.prepare(sql), sql),
    batch: <T>(statements: D1PreparedStatement[]) => {
      const inside = statements.map(known)
      return take(inside.map(({ sql }) => nameOf(sql)).join(", "), () =>
        database.batch<T>(inside.map(({ original }) => original)),
      )
    },
  } as unknown as D1Database
}

/** "update deliveries": enough to know a step by. */
function nameOf(sql: string): string {
  const verb = sql.match(/\w+/)?.[0].toLowerCase() ?? ""
  const table = sql.match(verb === "update" ? /update\s+"?(\w+)/i : /(?:from|into)\s+"?(\w+)/i)?.[1] ?? ""
  return `${verb} ${table}`
}
