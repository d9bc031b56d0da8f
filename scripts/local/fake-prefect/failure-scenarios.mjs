// The failures that the fake Prefect can report. A log line is [level, source, message]: the source is "run" for the
// pipeline's run and "step" for the step that failed. The passwords and addresses are invented. They exercise redaction.

const DATABASE = "postgres://dalgo:example-password@warehouse.internal/analytics"

const expiredSource = {
  deployment: "daily-survey-sync",
  failedStep: "airbyte-sync",
  stateType: "FAILED",
  message:
    "Flow run encountered an exception: AirbyteSyncError: job 48213 of 'Household survey (Google Sheets)' failed",
  lines: [
    [20, "step", "Job 48213 is queued for connection 'Household survey (Google Sheets)'"],
    [20, "step", `Destination check passed: ${DATABASE}`],
    [20, "step", "Source opens spreadsheet 'Household survey 2026'"],
    [20, "step", "Discovered 4 streams: households, members, visits, consent"],
    [30, "step", "households: Google Sheets answered 401 UNAUTHENTICATED, attempt 1 of 3"],
    [30, "step", "households: Google Sheets answered 401 UNAUTHENTICATED, attempt 2 of 3"],
    [40, "step", "households: invalid_grant: the refresh token has expired or was revoked (attempt 3 of 3)"],
    [
      40,
      "step",
      "Job 48213 failed: config_error from the source. meera.fieldwork@example.org must sign in to Google again.",
    ],
    [30, "run", `Closed the open session to ${DATABASE}; no rows were committed`],
    [
      40,
      "run",
      [
        "Traceback (most recent call last):",
        '  File "/app/proxy/airbyte_sync.py", line 118, in sync_and_wait',
        "    job.raise_for_outcome()",
        '  File "/app/proxy/airbyte_job.py", line 64, in raise_for_outcome',
        "    raise AirbyteSyncError(self.failure)",
        "proxy.airbyte_job.AirbyteSyncError: job 48213 of 'Household survey (Google Sheets)' failed: " +
          "the source's credentials have expired",
      ].join("\n"),
    ],
  ],
}

const missingColumn = {
  deployment: "nightly-attendance-models",
  failedStep: "dbt-run",
  stateType: "FAILED",
  message: "Flow run encountered an exception: RuntimeError: dbt run ended with 1 error",
  lines: [
    [20, "step", "Running with dbt=1.10.19"],
    [20, "step", "Found 31 models, 58 data tests, 9 sources"],
    [20, "step", "1 of 31 OK created sql view model staging.stg_centres [CREATE VIEW in 0.41s]"],
    [20, "step", "2 of 31 OK created sql view model staging.stg_children [CREATE VIEW in 0.38s]"],
    [40, "step", "3 of 31 ERROR creating sql table model marts.fct_attendance [ERROR in 1.27s]"],
    [30, "step", "4 of 31 SKIP relation marts.attendance_by_village: it needs fct_attendance"],
    [
      40,
      "step",
      [
        "Database Error in model fct_attendance (models/marts/fct_attendance.sql)",
        '  column "village_code" does not exist',
        "  LINE 17:     a.village_code,",
        '  HINT:  Perhaps you meant to reference the column "a.village_id".',
      ].join("\n"),
    ],
    [20, "step", "Done. PASS=2 WARN=0 ERROR=1 SKIP=28 TOTAL=31"],
    [30, "run", "Rolled back the transaction of rahul.data@example.org"],
    [
      40,
      "run",
      [
        "Traceback (most recent call last):",
        '  File "/app/proxy/dbt_steps.py", line 87, in run_dbt',
        "    check_exit(outcome)",
        '  File "/app/proxy/dbt_steps.py", line 41, in check_exit',
        "    raise RuntimeError(summary)",
        `RuntimeError: dbt run on ${DATABASE} ended with 1 error: column "village_code" does not exist`,
      ].join("\n"),
    ],
  ],
}

const refusedRepository = {
  deployment: "weekly-beneficiary-report",
  failedStep: "git-pull",
  stateType: "FAILED",
  message: "Flow run encountered an exception: RuntimeError: git pull ended with exit code 128",
  lines: [
    [20, "step", "Working folder: dbtrepo, branch main"],
    [20, "step", "Fetching the dbt project, last changed by lakshmi.dbt@example.org"],
    [40, "step", "remote: Invalid username or token. Password authentication is not supported."],
    [40, "step", "fatal: Authentication failed for the repository of the dbt project"],
    [30, "step", "The access token of the repository was made 366 days ago"],
    [30, "run", "Skipping dbt-run and dbt-test: they need the project that git-pull brings"],
    [30, "run", `The profile still points at ${DATABASE}; it was not used`],
    [
      40,
      "run",
      [
        "Traceback (most recent call last):",
        '  File "/app/proxy/shell_steps.py", line 52, in run_shell',
        "    completed.check_returncode()",
        "RuntimeError: git pull ended with exit code 128: authentication failed, renew the repository's access token",
      ].join("\n"),
    ],
  ],
}

const outOfMemory = {
  deployment: "weekly-outcomes-refresh",
  failedStep: "dbt-run",
  stateType: "CRASHED",
  message: "Flow run infrastructure exited with non-zero status code 137.",
  lines: [
    [20, "step", "Found 12 models, 20 data tests, 4 sources"],
    [20, "step", `Opened 4 connections to ${DATABASE}`],
    [20, "step", "1 of 12 OK created incremental model marts.fct_outcomes [INSERT 0 48210 in 61.20s]"],
    [20, "step", "2 of 12 START python model marts.outcome_scores, asked for by asha.research@example.org"],
    [30, "run", "The worker uses 3.6 GiB of 4.0 GiB"],
    [30, "run", "The worker uses 3.9 GiB of 4.0 GiB"],
    [
      40,
      "step",
      [
        "Traceback (most recent call last):",
        '  File "/app/models/marts/outcome_scores.py", line 29, in model',
        "    scores = responses.pivot_table(index='respondent', columns='question')",
        "MemoryError: unable to allocate 1.31 GiB for an array of shape (48210, 3650)",
      ].join("\n"),
    ],
    [
      40,
      "run",
      "The process of this flow run exited with status code 137: it was killed, most likely for want of memory",
    ],
    [40, "run", `Cut off 4 connections to ${DATABASE}`],
  ],
}

export const failureScenarios = [expiredSource, missingColumn, refusedRepository, outOfMemory]
