/** What wrangler.toml binds and what `wrangler secret put` adds. README.md explains each variable. */
declare namespace Cloudflare {
  interface Env {
    DB: D1Database
    URGENT_BAR: DurableObjectNamespace<import("./live/urgent-bar").UrgentBar>
    SIGNALS: Queue<import("./runtime/queue-messages").SignalMessage>
    DELIVERIES: Queue<import("./runtime/queue-messages").DeliveryMessage>
    EMAIL: SendEmail
    AI: Ai
    ASSETS: Fetcher
    SEND_LIMIT: RateLimit
    /** Validated by settings.ts, which is the only reader. */
    [variable: string]: unknown
  }
}

interface Env extends Cloudflare.Env {}
