import * as z from "zod/mini"
import { IdempotencyKey } from "../../runtime/idempotency-key"

const text = (maxLength: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(maxLength))
const orgSlug = text(100)

export const JobFailure = z.strictObject({ flowRunId: text(100), orgSlug, errorMessage: text(8_000) })
export type JobFailure = z.infer<typeof JobFailure>

export const DbtTestFailure = z.strictObject({
  testName: text(500),
  orgSlug,
  errorDetails: text(8_000),
  /** The same key within 24 hours is the same notification. */
  idempotencyKey: IdempotencyKey,
})
export type DbtTestFailure = z.infer<typeof DbtTestFailure>

export const LateRun = z.strictObject({
  flowName: text(500),
  orgSlug,
  /** ISO 8601 with an offset. */
  expectedTime: z.iso.datetime({ offset: true }),
  delayMinutes: z.number().check(z.gte(0), z.lte(1_000_000)),
})
export type LateRun = z.infer<typeof LateRun>

export const SchemaChange = z.strictObject({
  orgSlug,
  source: text(500),
  /** One line per change. */
  changes: z.array(text(500)).check(z.minLength(1), z.maxLength(1_000)),
  /** The same key within 24 hours is the same notification. */
  idempotencyKey: IdempotencyKey,
})
export type SchemaChange = z.infer<typeof SchemaChange>
