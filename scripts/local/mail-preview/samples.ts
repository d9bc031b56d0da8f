import type { EmailInput } from "../../../src/delivery/channels/email/content"
import { announcementSubject } from "../../../src/domain/announcement"
import { CATEGORIES, type Category } from "../../../src/domain/categories"
import { demoOrgs, demoUsers } from "../demo-users.mjs"

const MESSAGES: Record<Category, string> = {
  incident: `The warehouse is down.
Dashboards show no data until it is back. Nothing is lost: what arrives in the meantime is kept.

- Since 02:10 UTC
- We know the cause and are restoring it
- Next update by 06:00 UTC

Ask us at https://dalgo.org/support?from=mail&about=warehouse.`,
  schema_change: `KoboToolbox has changed: its tables or columns are not what they were.
Dashboards that use them may need a change.
- added the column households.consent_given (boolean)
- removed the column households.village_code
- changed households.visited_on from text to date
- and 3 more`,
  job_failure: `Household survey was not updated. KoboToolbox does not accept the user name, password or key that Dalgo has for it.
Dashboards show the data of 24 November, 8:11 am IST.
To do: Whoever owns the account signs in again, or puts the new password or key in the source's settings in Dalgo.
See the run: https://app.dalgo.test/orchestrate`,
  late_run: `Weekly attendance is late. It was due on 25 November, 7:30 am IST and has not started for 45 minutes.
Dashboards show the data of before.
To do: Nothing for an hour; if it has not started then, tell Dalgo's team.`,
  dbt_test_failure: `The data did not pass the check not_null_households_id.
The data has arrived; the rows that the check names look wrong.
To do: Look at these rows in the source and mend them there. The check passes at the next run.`,
  system: `मासिक रिपोर्ट तैयार है।
Exports to Google Sheets now keep your column order. Nothing needs to be done.`,
}

const DETAILS =
  "Technical details: Stopped at the Airbyte sync on 25 November, 8:11 am IST. 401 Client Error: Unauthorized for url: " +
  "https://kf.kobotoolbox.org/api/v2/assets/aVeryLongIdentifierOfAFormThatNeverEnds/data.json"

const SUMMARIES = {
  ai: `By AI, may be wrong: What failed: The sync from KoboToolbox could not read its form. Probable cause: The token of the account that Dalgo reads with is no longer valid. What to try: Make a new token in KoboToolbox and enter it in the connection's source.
${DETAILS}`,
  log: `${DETAILS}
From the log: 401 Client Error: Unauthorized. Sync failed: 1 of 4 streams`,
}

/** Written by the service itself. */
const OWN: Category[] = ["schema_change", "job_failure", "late_run", "dbt_test_failure"]

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
  orgNames: [demoOrgs[0]?.name ?? ""],
  category,
  urgent,
  message: [MESSAGES[category], ...(summary ? [SUMMARIES[summary]] : [])].join("\n"),
  ...(OWN.includes(category) || summary
    ? {
        emailSubject: announcementSubject({ orgName: demoOrgs[0]?.name ?? "", message: MESSAGES[category] }),
        ownOrigins: [origin, "https://app.dalgo.test"],
      }
    : { emailSubject: null }),
  inboxUrl: `${origin}/notifications`,
  unsubscribeUrl: `${origin}/unsubscribe?token=sample`,
})
