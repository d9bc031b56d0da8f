import { collectRows } from "../../scripts/import/collect-rows.mjs"
import { transformDump } from "../../scripts/import/transform.mjs"
import { parseStoredWebhook } from "../../src/destinations/chat-webhooks/url"
import { parseEmailAddress } from "../../src/domain/email-address"
import { ROLE_BY_NAME } from "../../src/domain/roles"
import { USER_ID } from "../../src/domain/user-id"
import { NOON } from "../support/clock"

const RULES = { parseEmailAddress, parseStoredWebhook, ROLE_BY_NAME, USER_ID }

export type Row = { model: string; pk: unknown; fields: Record<string, unknown> }

export const row = (model: string, pk: unknown, fields: Record<string, unknown>): Row => ({ model, pk, fields })

const TIMES = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-02T00:00:00Z" }

/** Acme with Meera, its admin, who has one unread notification. */
export const ACME: Row[] = [
  row("auth.user", 41, { username: "Meera@Acme.test", email: "Meera@Acme.test", first_name: "Meera", last_name: "" }),
  row("ddpui.role", 3, { slug: "account-manager" }),
  row("ddpui.org", 7, { name: "Acme", slug: "acme" }),
  row("ddpui.orguser", 9, { user: 41, org: 7, new_role: 3, role: 3 }),
  row("ddpui.notification", 90, {
    author: "ops@dalgo.test",
    message: "Maintenance at 5",
    timestamp: "2026-10-01T10:00:00.123456+05:30",
    urgent: true,
    scheduled_time: null,
    sent_time: "2026-10-01T10:00:01.5+05:30",
  }),
  row("ddpui.notificationrecipient", 900, { notification: 90, recipient: 9, read_status: false }),
  row("ddpui.userpreferences", 5, { orguser: 9, enable_email_notifications: false, disclaimer_shown: true, ...TIMES }),
]

/** The same with other fields in the rows of one model. */
export const acmeWith = (model: string, fields: Record<string, unknown>): Row[] =>
  ACME.map((each) => (each.model === model ? { ...each, fields: { ...each.fields, ...fields } } : each))

/** What the import makes of a file: the rows to insert, and what the report says of the others. */
export function importOf(file: string | Uint8Array | Row[]) {
  const text = Array.isArray(file) ? JSON.stringify(file) : file
  const dump = collectRows(typeof text === "string" ? new TextEncoder().encode(text) : text)
  const { rows, skipped, warnings } = transformDump(dump, { now: NOON, rules: RULES })
  const linesOf = (issues: { model: string; reason: string; pks: string[] }[]) =>
    issues.map(({ model, reason, pks }) => `${model} ${pks.join(", ")} ${reason}`)
  const values = (table: keyof typeof rows) => rows[table].map((each: { values: unknown[] }) => each.values)
  return { dump, values, skipped: linesOf(skipped), noted: linesOf(warnings) }
}
