import { type Db, open } from "./db/client"
import type { UrgentBar } from "./live/urgent-bar"
import type { DeliveryMessage, SignalMessage } from "./runtime/queue-messages"
import { Platform } from "./preferences/webapp/backend"
import { PrefectApi } from "./signals/prefect/client"
import { type Settings, settingsFrom } from "./runtime/config"

/** What a verb may reach; the same behind every door. */
export type Deps = {
  db: Db
  settings: Settings
  /** Milliseconds since 1970. */
  now: () => number
  signals: Queue<SignalMessage>
  deliveries: Queue<DeliveryMessage>
  /** The urgent bars of one organisation. */
  bar: (orgId: number) => DurableObjectStub<UrgentBar>
  /** Cloudflare's own; `EMAIL_PROVIDER` may be another. */
  email: SendEmail
  sendingLimit: RateLimit
  /** Not there where no Prefect is configured. */
  prefect: PrefectApi | undefined
  /** Not there where nothing is kept but here. */
  platform: Platform | undefined
  ai: Ai
  /** Work that nobody waits for, and that must yet be finished. */
  later: (work: Promise<unknown>) => void
}

export function depsFrom(env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Deps {
  const settings = settingsFrom(env)
  return {
    db: open(env.DB),
    settings,
    now: () => Date.now(),
    signals: env.SIGNALS,
    deliveries: env.DELIVERIES,
    bar: (orgId) => env.URGENT_BAR.getByName(String(orgId)),
    sendingLimit: env.SEND_LIMIT,
    email: env.EMAIL,
    prefect: settings.PREFECT_API_URL ? new PrefectApi(settings.PREFECT_API_URL, settings) : undefined,
    platform: settings.PLATFORM_ORIGIN ? new Platform(settings.PLATFORM_ORIGIN) : undefined,
    ai: env.AI,
    later: (work) => ctx.waitUntil(work),
  }
}
