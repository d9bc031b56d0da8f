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
    parseEmailAddress: (text: string) => { address: string } | { flaw: string }
    parseStoredWebhook: (product: "discord", text: string) => string | undefined
  },
): { rows: Record<Table, { values: unknown[] }[]>; skipped: Issue[]; warnings: Issue[] }
