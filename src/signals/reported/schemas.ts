import * as z from "zod/mini"
import { IdempotencyKey } from "../../runtime/idempotency-key"
import { requiredOutsideText } from "../../runtime/zod"

const orgSlug = requiredOutsideText(100)

export const JobFailure = z.strictObject({
  flowRunId: requiredOutsideText(100),
  orgSlug,
  errorMessage: requiredOutsideText(8_000),
})
export type JobFailure = z.infer<typeof JobFailure>

export const DbtTestFailure = z.strictObject({
  testName: requiredOutsideText(500),
  orgSlug,
  errorDetails: requiredOutsideText(8_000),
  /** The same key within 24 hours is the same notification; without one, the same content on one day (UTC). */
  idempotencyKey: IdempotencyKey,
})
export type DbtTestFailure = z.infer<typeof DbtTestFailure>

export const LateRun = z.strictObject({
  flowName: requiredOutsideText(500),
  orgSlug,
  /** ISO 8601 with an offset. */
  expectedTime: z.iso.datetime({ offset: true }),
  delayMinutes: z.number().check(z.gte(0), z.lte(1_000_000)),
})
export type LateRun = z.infer<typeof LateRun>

export const SchemaChange = z.strictObject({
  orgSlug,
  source: requiredOutsideText(500),
  /** One line per change. */
  changes: z.array(requiredOutsideText(500)).check(z.minLength(1), z.maxLength(1_000)),
  /** The same key within 24 hours is the same notification; without one, the same content on one day (UTC). */
  idempotencyKey: IdempotencyKey,
})
export type SchemaChange = z.infer<typeof SchemaChange>
