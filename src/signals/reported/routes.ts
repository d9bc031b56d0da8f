import type { Context } from "hono"
import type { Notification } from "../../db/schema"
import { serverOnly } from "../../http/authenticate"
import { idempotent } from "../../http/idempotency"
import { sendRateLimit } from "../../http/rate-limit"
import { type AppEnv, router } from "../../http/router"
import { body, jsonBody } from "../../http/validate"
import { toSentNotification } from "../../notifications/responses"
import { DbtTestFailureBody, FailedRunBody, JobFailureBody, LateRunBody, SchemaChangeBody } from "./schemas"

/** Loaded on first use. */
const reports = () => import("./report")
const platformAdminReports = () => import("./report-to-platform-admins")

/** Server only: these texts are the service's own, and a person could make it say anything. */
export const signalRoutes = router()
  .post("/job-failure", serverOnly, sendRateLimit, jsonBody, body(JobFailureBody), async (c) => {
    const { reportJobFailure } = await reports()
    return answer(c, await reportJobFailure(c.var.deps, c.req.valid("json")))
  })

  .post("/dbt-test-failure", serverOnly, sendRateLimit, jsonBody, body(DbtTestFailureBody), idempotent, async (c) => {
    const { reportDbtTestFailure } = await reports()
    const failure = { ...c.req.valid("json"), idempotencyKey: c.var.idempotency?.key }
    return answer(c, await reportDbtTestFailure(c.var.deps, failure))
  })

  .post("/late-run", serverOnly, sendRateLimit, jsonBody, body(LateRunBody), async (c) => {
    const { reportLateRun } = await reports()
    return answer(c, await reportLateRun(c.var.deps, c.req.valid("json")))
  })

  .post("/schema-change", serverOnly, sendRateLimit, jsonBody, body(SchemaChangeBody), idempotent, async (c) => {
    const { reportSchemaChange } = await reports()
    const change = { ...c.req.valid("json"), idempotencyKey: c.var.idempotency?.key }
    return answer(c, await reportSchemaChange(c.var.deps, change))
  })

  .post("/platform-admins", serverOnly, sendRateLimit, jsonBody, body(FailedRunBody), async (c) => {
    const { reportToPlatformAdmins } = await platformAdminReports()
    return answer(c, await reportToPlatformAdmins(c.var.deps, c.req.valid("json")))
  })

const answer = (c: Context<AppEnv>, notification: Notification) =>
  c.json({ res: toSentNotification(notification), errors: [] as string[] })
