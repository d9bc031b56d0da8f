import type { Db } from "./db/client"
import type { BarItem } from "./domain/bar-item"
import type { Config, ConfigProblem } from "./runtime/config"
import type { ForwardedCredentials } from "./runtime/platform"
import type { DeliveryMessage, SignalMessage } from "./runtime/queue-messages"

/** The dependencies of every operation. `compose.ts` builds them in the same way for every entry point. */
export type Deps = {
  db: Db
  config: Config
  /** The variables and bindings that are missing or not usable. */
  findConfigProblems: () => ConfigProblem[]
  /** Milliseconds since 1970. */
  now: () => number
  /** Send through runtime/queue-lanes, which chooses between the normal lane and the bulk lane. */
  signals: Pick<Queue<SignalMessage>, "send" | "sendBatch">
  signalsBulk: Pick<Queue<SignalMessage>, "send" | "sendBatch">
  deliveries: Pick<Queue<DeliveryMessage>, "send" | "sendBatch">
  deliveriesBulk: Pick<Queue<DeliveryMessage>, "send" | "sendBatch">
  /** How much of the normal lanes an organisation may take. */
  queueShare: RateLimit
  /** The Durable Object with the urgent bars of one organisation. A call that takes seconds rejects. */
  bar: (orgId: number) => UrgentBarRpc
  /** Asks the platform in a person's own name for their memberships, and stores them: orgs/provision-person. */
  provisionPerson: (person: { userId: string; credentials: ForwardedCredentials }) => Promise<PersonLookup>
  /** Cloudflare's Email Service. `EMAIL_PROVIDER` may choose another provider. */
  email: SendEmail | undefined
  sendRateLimit: RateLimit
  searchRateLimit: RateLimit
  connectRateLimit: RateLimit
  ai: Ai
  /** Keeps the worker alive until this work is done, after the response has been sent. */
  waitUntil: (work: Promise<unknown>) => void
}

/** `answered`: the platform has told what it knows, now or within the last five minutes. */
export type PersonLookup = { kind: "answered" } | { kind: "unavailable"; retryAfterSeconds: number }

/** The methods of the Durable Object `UrgentBar` that the worker calls. Each may be called twice or out of order. */
export interface UrgentBarRpc {
  /** One person's bar: at most 50 items, newest first, and the number of all. */
  bar(orgUserId: number): Promise<{ items: BarItem[]; total: number }>
  /** A notification entered these inboxes. */
  arrived(arrival: { notificationId: number; orgUserIds: number[] }): Promise<void>
  /** Something changed in these inboxes. */
  changed(people: { orgUserIds: number[] }): Promise<void>
  /** The text of a notification changed. */
  itemUpdated(item: { notificationId: number }): Promise<void>
  /** The membership of these people may have ended. */
  removed(people: { orgUserIds: number[] }): Promise<void>
  /** Opens a WebSocket. */
  fetch(request: Request): Promise<Response>
}
