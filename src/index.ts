import { app } from "./app"
import { depsFrom } from "./compose"
import type { DeliveryMessage, SignalMessage } from "./runtime/queue-messages"
import { consumeEmailEvents } from "./signals/email-feedback/receive"

export { UrgentBar } from "./live/urgent-bar"
export { NotificationService } from "./rpc"

// Loaded on first use, since no request needs them.
const signals = () => import("./signals/consumer")
const deliveries = () => import("./delivery/consumer")
const deadLetters = () => import("./maintenance/dead-letters")
const cron = () => import("./maintenance/cron")

export default {
  fetch: app.fetch,

  async queue(batch, env, ctx) {
    const deps = depsFrom(env, ctx)
    // The casts are safe: only this worker sends to these queues, one type of message to each pair.
    switch (batch.queue) {
      case "dalgo-signals":
      case "dalgo-signals-bulk":
        return (await signals()).consumeSignals(deps, batch as MessageBatch<SignalMessage>)
      case "dalgo-deliveries":
      case "dalgo-deliveries-bulk":
        return (await deliveries()).consumeDeliveries(deps, batch as MessageBatch<DeliveryMessage>)
      case "dalgo-signals-dead":
      case "dalgo-deliveries-dead":
        return (await deadLetters()).consumeDeadLetters(deps, batch)
      case "dalgo-email-events":
        return consumeEmailEvents(deps, batch)
      default:
        throw new Error(`no consumer for the queue ${batch.queue}`)
    }
  },

  async scheduled(_controller, env, ctx) {
    return (await cron()).runCron(depsFrom(env, ctx))
  },
} satisfies ExportedHandler<Env, SignalMessage | DeliveryMessage>
