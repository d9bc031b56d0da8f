import type { Dump } from "./collect-rows.mjs"

type Table =
  | "orgs"
  | "members"
  | "optOuts"
  | "userPreferences"
  | "orgPreferences"
  | "chatWebhooks"
  | "notifications"
  | "recipients"
type Issue = { model: string; reason: string; count: number; examples: string[]; pks: string[] }

export declare function transformDump(
  dump: Dump,
  options: {
    now: number
    rules: {
      parseEmailAddress: (text: string) => { address: string } | { flaw: string }
      parseStoredWebhook: (product: "discord", text: string) => string | undefined
      ROLE_BY_NAME: Record<string, string>
      USER_ID: RegExp
    }
  },
): { rows: Record<Table, { values: unknown[] }[]>; skipped: Issue[]; warnings: Issue[] }
