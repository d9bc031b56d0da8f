import { secureHeaders } from "hono/secure-headers"
import { depsFrom } from "./compose"
import { deviceRoutes } from "./destinations/devices/routes"
import { onError, onNotFound } from "./http/errors"
import { corsPolicy } from "./http/cors"
import { defaultHeaders } from "./http/default-headers"
import { requestId } from "./http/request-id"
import { proxyToPlatform } from "./http/platform-proxy"
import { refuseLoop } from "./http/loop"
import { isKeptRoute } from "./http/kept-routes"
import { router } from "./http/router"
import { refuseUnknownParameters } from "./http/validate"
import { healthRoutes } from "./maintenance/routes"
import { liveRoutes, ticketRoutes } from "./live/routes"
import { inboxRoutes } from "./inbox/routes"
import { notificationRoutes } from "./notifications/routes"
import { undeliveredRoutes } from "./notifications/undelivered/routes"
import { docsRoutes } from "./http/docs-routes"
import { orgRoutes } from "./orgs/routes"
import { orgPreferenceRoutes } from "./destinations/chat-webhooks/routes"
import { preferenceRoutes } from "./preferences/routes"
import { unsubscribeRoutes } from "./preferences/unsubscribe/routes"
import { userPreferenceRoutes } from "./preferences/webapp/routes"
import { emailFeedbackRoutes } from "./signals/email-feedback/routes"
import { signalRoutes } from "./signals/reported/routes"
import { prefectRoutes } from "./signals/prefect/routes"
import { testSendRoutes } from "./delivery/test-send/routes"

export const app = router()
  .use(requestId)
  .use(defaultHeaders)
  .use(async (c, next) => {
    c.set("deps", depsFrom(c.env, c.executionCtx))
    await next()
  })

  .route("/wss", liveRoutes)

  .use("/api/*", corsPolicy, refuseLoop)
  .use(secureHeaders({ xFrameOptions: "DENY" }))
  .use(
    "/api/*",
    refuseUnknownParameters((path) => !isKeptRoute(path)),
  )
  .route("/api/notifications/preferences", preferenceRoutes)
  .route("/api/notifications/ticket", ticketRoutes)
  .route("/api/notifications", deviceRoutes)
  .route("/api/notifications", inboxRoutes)
  .route("/api/notifications", notificationRoutes)
  .route("/api/notifications/deliveries", undeliveredRoutes)
  .route("/api/userpreferences", userPreferenceRoutes)
  .route("/api/orgpreferences", orgPreferenceRoutes)
  .route("/api/orgpreferences", testSendRoutes)
  .route("/api/orgs", orgRoutes)
  .route("/api/signals", signalRoutes)
  .route("/api", docsRoutes)
  .route("/webhooks/v1/notification", prefectRoutes)
  .route("/webhooks/v1/ses", emailFeedbackRoutes)
  .route("/unsubscribe", unsubscribeRoutes)
  .route("/healthz", healthRoutes)

// What the two routers above do not answer. Not chained, since the typed client has no use for it.
app.all("/api/userpreferences/*", proxyToPlatform)
app.all("/api/orgpreferences/*", proxyToPlatform)

app.onError(onError)
app.notFound(onNotFound)
