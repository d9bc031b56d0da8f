/** The bindings of wrangler.toml. Variables and secrets are explained in docs/operations.md. */
declare namespace Cloudflare {
  interface Env {
    DB: D1Database
    URGENT_BAR: DurableObjectNamespace<import("./live/urgent-bar").UrgentBar>
    SIGNALS: Queue<import("./runtime/queue-messages").SignalMessage>
    SIGNALS_BULK: Queue<import("./runtime/queue-messages").SignalMessage>
    DELIVERIES: Queue<import("./runtime/queue-messages").DeliveryMessage>
    DELIVERIES_BULK: Queue<import("./runtime/queue-messages").DeliveryMessage>
    EMAIL: SendEmail
    AI: Ai
    ASSETS: Fetcher
    SEND_LIMIT: RateLimit
    SEARCH_LIMIT: RateLimit
    QUEUE_SHARE: RateLimit
    CONNECT_LIMIT: RateLimit
    /** Variables and secrets; only runtime/config.ts reads them. */
    [variable: string]: unknown
  }
}

interface Env extends Cloudflare.Env {}
