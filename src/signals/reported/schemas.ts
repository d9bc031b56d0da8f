import * as z from "zod/mini"
import { IdempotencyKey } from "../../runtime/idempotency-key"
import { requiredOutsideText } from "../../runtime/zod"

const orgSlug = requiredOutsideText(100)
const flowRunId = requiredOutsideText(100)
const errorMessage = requiredOutsideText(8_000)
const testName = requiredOutsideText(500)
const errorDetails = requiredOutsideText(8_000)
const flowName = requiredOutsideText(500)
/** ISO 8601 with an offset. */
const expectedTime = z.iso.datetime({ offset: true })
const delayMinutes = z.number().check(z.gte(0), z.lte(1_000_000))
const source = requiredOutsideText(500)
/** One line per change. */
const changes = z.array(requiredOutsideText(500)).check(z.minLength(1), z.maxLength(1_000))
const state = requiredOutsideText(100)
const failedStep = z.nullish(requiredOutsideText(500))
/** The same key within 24 hours is the same notification; without one, the same content on one day (UTC). */
const idempotencyKey = IdempotencyKey

// Over RPC -----------------------------------------------------------------------------------------------

export const JobFailure = z.strictObject({ flowRunId, orgSlug, errorMessage })
export type JobFailure = z.infer<typeof JobFailure>

export const DbtTestFailure = z.strictObject({ testName, orgSlug, errorDetails, idempotencyKey })
export type DbtTestFailure = z.infer<typeof DbtTestFailure>

export const LateRun = z.strictObject({ flowName, orgSlug, expectedTime, delayMinutes })
export type LateRun = z.infer<typeof LateRun>

export const SchemaChange = z.strictObject({ orgSlug, source, changes, idempotencyKey })
export type SchemaChange = z.infer<typeof SchemaChange>

/** `failedStep`: the name of the task that failed, where it is known. */
export const FailedRun = z.strictObject({ orgSlug, flowRunId, state, failedStep })
export type FailedRun = z.infer<typeof FailedRun>

// Over HTTP, where the key is a header -------------------------------------------------------------------

export const JobFailureBody = z.pipe(
  z.strictObject({ flow_run_id: flowRunId, org_slug: orgSlug, error_message: errorMessage }),
  z.transform(
    ({ flow_run_id, org_slug, error_message }): JobFailure => ({
      flowRunId: flow_run_id,
      orgSlug: org_slug,
      errorMessage: error_message,
    }),
  ),
)

export const DbtTestFailureBody = z.pipe(
  z.strictObject({ test_name: testName, org_slug: orgSlug, error_details: errorDetails }),
  z.transform(
    ({ test_name, org_slug, error_details }): Omit<DbtTestFailure, "idempotencyKey"> => ({
      testName: test_name,
      orgSlug: org_slug,
      errorDetails: error_details,
    }),
  ),
)

export const LateRunBody = z.pipe(
  z.strictObject({
    flow_name: flowName,
    org_slug: orgSlug,
    expected_time: expectedTime,
    delay_minutes: delayMinutes,
  }),
  z.transform(
    ({ flow_name, org_slug, expected_time, delay_minutes }): LateRun => ({
      flowName: flow_name,
      orgSlug: org_slug,
      expectedTime: expected_time,
      delayMinutes: delay_minutes,
    }),
  ),
)

export const SchemaChangeBody = z.pipe(
  z.strictObject({ org_slug: orgSlug, source, changes }),
  z.transform(({ org_slug, ...rest }): Omit<SchemaChange, "idempotencyKey"> => ({ orgSlug: org_slug, ...rest })),
)

export const FailedRunBody = z.pipe(
  z.strictObject({ org_slug: orgSlug, flow_run_id: flowRunId, state, failed_step: failedStep }),
  z.transform(
    ({ org_slug, flow_run_id, failed_step, ...rest }): FailedRun => ({
      orgSlug: org_slug,
      flowRunId: flow_run_id,
      failedStep: failed_step,
      ...rest,
    }),
  ),
)
