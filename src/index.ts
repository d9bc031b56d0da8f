import { app } from "./app"
import { buryDeliveries, consumeDeliveries } from "./delivery/consumer"
import { depsFrom } from "./deps"
import type { DeliveryMessage, SignalMessage } from "./messages"
import { burySignals, consumeSignals } from "./signals/consumer"
import { consumeMailEvents } from "./signals/mail-events/receive"
import { sweep } from "./sweep"

export { UrgentBar } from "./live/urgent-bar"
export { NotificationService } from "./rpc"

export default {
  fetch: app.fetch,

  queue(batch, env, ctx) {
    const deps = depsFrom(env, ctx)
    // wrangler.toml binds each queue to messages of one type.
    switch (batch.queue) {
      case "dalgo-signals":
        return consumeSignals(deps, batch as MessageBatch<SignalMessage>)
      case "dalgo-signals-dead":
        return burySignals(batch as MessageBatch<SignalMessage>)
      case "dalgo-deliveries":
        return consumeDeliveries(deps, batch as MessageBatch<DeliveryMessage>)
      case "dalgo-deliveries-dead":
        return buryDeliveries(batch as MessageBatch<DeliveryMessage>)
      case "dalgo-email-events":
        return consumeMailEvents(deps, batch)
      default:
        throw new Error(`no consumer for the queue ${batch.queue}`)
    }
  },

  scheduled(_controller, env, ctx) {
    return sweep(depsFrom(env, ctx))
  },
} satisfies ExportedHandler<Env, SignalMessage | DeliveryMessage>
