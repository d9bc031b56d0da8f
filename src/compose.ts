import { openDb } from "./db/client"
import type { Deps } from "./deps"
import { boundedBar } from "./inbox/bounded-bar"
import { configFrom, findConfigProblems } from "./runtime/config"
import { MisconfiguredError } from "./runtime/errors"
import { log } from "./runtime/log"

/**
 * Builds `Deps` from the bindings of a worker or a Durable Object. It parses no variable, so that a wrong one fails only
 * where it is read. Bindings may be missing, as the optional ones of `BINDINGS` in runtime/variables.
 */
export const depsFrom = (env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Deps => ({
  db: openDb(env.DB),
  config: configFrom(env),
  findConfigProblems: () => findConfigProblems(env),
  now: () => Date.now(),
  signals: orMissingQueue(env.SIGNALS, "SIGNALS"),
  signalsBulk: orMissingQueue(env.SIGNALS_BULK, "SIGNALS_BULK"),
  deliveries: orMissingQueue(env.DELIVERIES, "DELIVERIES"),
  deliveriesBulk: orMissingQueue(env.DELIVERIES_BULK, "DELIVERIES_BULK"),
  queueShare: orUnlimited(env.QUEUE_SHARE, "QUEUE_SHARE"),
  provisionPerson: async (person) => {
    const { provisionPerson } = await import("./orgs/provision-person")
    return provisionPerson(depsFrom(env, ctx), person)
  },
  bar: (orgId) => boundedBar(env.URGENT_BAR.getByName(String(orgId))),
  email: env.EMAIL,
  sendRateLimit: orUnlimited(env.SEND_LIMIT, "SEND_LIMIT"),
  searchRateLimit: orUnlimited(env.SEARCH_LIMIT, "SEARCH_LIMIT"),
  connectRateLimit: orUnlimited(env.CONNECT_LIMIT, "CONNECT_LIMIT"),
  ai: env.AI,
  waitUntil: (work) => ctx.waitUntil(work),
})

/** Rows are stored before their message is sent, and wait for the binding. */
function orMissingQueue<Body>(queue: Queue<Body> | undefined, name: string): Pick<Queue<Body>, "send" | "sendBatch"> {
  const refuse = () => Promise.reject(new MisconfiguredError(`the binding ${name} is missing`))
  return queue ?? { send: refuse, sendBatch: refuse }
}

/** Fails open: a limit that cannot be asked must not stop what it protects. */
const orUnlimited = (rateLimit: RateLimit | undefined, name: string): RateLimit =>
  rateLimit ?? {
    async limit() {
      log({ event: "misconfigured", reason: `the binding ${name} is missing` })
      return { success: true }
    },
  }
