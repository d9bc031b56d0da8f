import type { EmailInput } from "../../../src/delivery/channels/email/content"
import { CATEGORIES, type Category } from "../../../src/domain/categories"
import { demoOrgs, demoUsers } from "../demo-users.mjs"

const MESSAGES: Record<Category, string> = {
  incident: `The warehouse is down.
Dashboards show no data until it is back. Nothing is lost: what arrives in the meantime is kept.

- Since 02:10 UTC
- We know the cause and are restoring it
- Next update by 06:00 UTC

Ask us at https://dalgo.org/support?from=mail&about=warehouse.`,
  schema_change: `KoboToolbox changed its structure.
- added the column households.consent_given (boolean)
- removed the column households.village_code
- changed households.visited_on from text to date
and 3 more`,
  job_failure: `The pipeline nightly-survey failed on 25 November 2026 at 02:41 UTC.
It stopped at the Airbyte sync. Data after this step was not updated.
Error: 401 Client Error: Unauthorized for url: https://kf.kobotoolbox.org/api/v2/assets/aVeryLongIdentifierOfAFormThatNeverEnds/data.json
    at KoboStream.read_records
See the run: https://app.dalgo.test/orchestrate`,
  late_run: "Weekly attendance is late: it was due at 2026-11-25 02:00 UTC and has not started for 45 minutes.",
  dbt_test_failure: `The data quality test not_null_households_id failed.
12 rows of households have no id; yesterday there were none.`,
  system: `मासिक रिपोर्ट तैयार है।
Exports to Google Sheets now keep your column order. Nothing needs to be done.`,
}

const SUMMARIES = {
  ai: `Summary (written by AI, may be wrong)
What failed: The sync from KoboToolbox could not read its form.

Probable cause: The token of the account that Dalgo reads with is no longer valid.

What to try: Make a new token in KoboToolbox and enter it in the connection's source.`,
  log: `Summary (taken from the log, no AI was available)
- 401 Client Error: Unauthorized
- Sync failed: 1 of 4 streams`,
}

export type Sample = { name: string; category: Category; urgent: boolean; summary: keyof typeof SUMMARIES | undefined }

/** Every category, urgent or not, with and without a summary. */
export const samples: Sample[] = CATEGORIES.flatMap((category) =>
  [false, true].flatMap((urgent) =>
    ([undefined, "ai", "log"] as const).map((summary) => ({
      name: [category, ...(urgent ? ["urgent"] : []), ...(summary ? [summary] : [])].join("-"),
      category,
      urgent,
      summary,
    })),
  ),
)

export const contentOf = ({ category, urgent, summary }: Sample, origin: string): EmailInput => ({
  to: demoUsers[0]?.email ?? "",
  orgName: demoOrgs[0]?.name ?? "",
  category,
  urgent,
  message: [MESSAGES[category], ...(summary ? [SUMMARIES[summary]] : [])].join("\n\n"),
  emailSubject: null,
  inboxUrl: `${origin}/notifications`,
  unsubscribeUrl: `${origin}/unsubscribe?token=sample`,
})
