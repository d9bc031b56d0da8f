import { openDb } from "./db/client"
import type { Deps } from "./deps"
import { boundedBar } from "./inbox/bounded-bar"
import { configFrom } from "./runtime/config"

/** Builds `Deps` from the bindings of a worker or a Durable Object. Throws `MisconfiguredError`. */
export const depsFrom = (env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Deps => ({
  db: openDb(env.DB),
  config: configFrom(env),
  now: () => Date.now(),
  signals: env.SIGNALS,
  signalsBulk: env.SIGNALS_BULK,
  deliveries: env.DELIVERIES,
  deliveriesBulk: env.DELIVERIES_BULK,
  queueShare: env.QUEUE_SHARE,
  bar: (orgId) => boundedBar(env.URGENT_BAR.getByName(String(orgId))),
  email: env.EMAIL,
  sendRateLimit: env.SEND_LIMIT,
  searchRateLimit: env.SEARCH_LIMIT,
  connectRateLimit: env.CONNECT_LIMIT,
  ai: env.AI,
  waitUntil: (work) => ctx.waitUntil(work),
})
