import { describe, expect, it } from "vitest"
import { findCause } from "../../../src/summaries/causes/find-cause"
import type { LogEntry } from "../../../src/summaries/log-entry"
import { ERROR, entry, INFO, pythonTraceback, WARNING } from "../../support/failure-logs"

type Case = { title: string; entries?: LogEntry[]; stateMessage?: string; id: string | undefined; line?: string }

const expectFound = ({ entries = [], stateMessage, id, line }: Case) => {
  const found = findCause({ stateMessage, entries })
  expect(found.cause?.id).toBe(id)
  expect(found.line).toBe(line ?? found.line)
}

const info = (...messages: string[]) => messages.map((message) => entry(INFO, message))
const shellFailed = entry(
  ERROR,
  `Encountered exception during execution: RuntimeError('PID 77 failed with return code 1.')\n${pythonTraceback("RuntimeError: PID 77 failed with return code 1.")}`,
)
const shellState = "Flow run encountered an exception: RuntimeError: PID 77 failed with return code 1."

const dbtModelError = [
  "02:31:54  Running with dbt=1.8.2",
  "02:31:55  3 of 9 ERROR creating sql table model staging.stg_visits .............. [ERROR in 0.31s]",
  "02:31:55  4 of 9 SKIP relation staging.fct_visits .............................. [SKIP]",
  "02:31:56  Completed with 1 error and 0 warnings:",
  "02:31:56  ",
  "02:31:56    Database Error in model stg_visits (models/staging/stg_visits.sql)",
  '  column "ward" does not exist',
  "  LINE 14:     ward,",
  "               ^",
  "  compiled code at target/run/acme/models/staging/stg_visits.sql",
  "02:31:56  ",
  "02:31:56  Done. PASS=2 WARN=0 ERROR=1 SKIP=6 TOTAL=9",
].join("\n")

const testsFailed = [
  "02:40:10  Running with dbt=1.8.2",
  "02:40:11  Completed with 2 errors and 0 warnings:",
  "02:40:11  ",
  "02:40:11  Failure in test not_null_stg_visits_ward (models/schema.yml)",
  "02:40:11    Got 3 results, configured to fail if != 0",
  "02:40:11  ",
  "02:40:11    compiled code at target/compiled/not_null.sql",
  "02:40:11  ",
  "02:40:11  Failure in test unique_stg_visits_id (models/schema.yml)",
  "02:40:11    Got 1 result, configured to fail if != 0",
  "02:40:11  ",
  "02:40:11  Done. PASS=7 WARN=0 ERROR=2 SKIP=0 TOTAL=9",
].join("\n")

describe("the cause in dbt's output", () => {
  it.each<Case>([
    {
      title: "of a model, in one entry at INFO",
      entries: [...info(`PID 77 stream output:\n${dbtModelError}`), shellFailed],
      stateMessage: shellState,
      id: "column-missing",
      line: 'Database Error in model stg_visits: column "ward" does not exist',
    },
    {
      title: "of a model, one line per entry",
      entries: [...info(...dbtModelError.split("\n")), shellFailed],
      stateMessage: shellState,
      id: "column-missing",
      line: 'Database Error in model stg_visits: column "ward" does not exist',
    },
    {
      title: "of a model before tests that failed",
      entries: [
        ...info(
          `${testsFailed}\n02:40:11  Database Error in model fct_visits (models/fct.sql)\n  division by zero\n  compiled code at target/run/fct.sql`,
        ),
      ],
      id: "division-by-zero",
    },
    {
      title: "of the first of two models",
      entries: info(
        'Database Error in model a (models/a.sql)\n  relation "raw.a" does not exist\n  compiled code at x\n\nDatabase Error in model b (models/b.sql)\n  permission denied for table b\n  compiled code at y',
      ),
      id: "relation-missing",
    },
    {
      title: "of tests",
      entries: [...info(...testsFailed.split("\n"))],
      stateMessage: "WARNING: dbt test failed",
      id: "dbt-test-failed",
    },
    {
      title: "of a test that could not run",
      entries: info(
        'Database Error in test not_null_x (models/schema.yml)\n  column "x" does not exist\n  compiled code at target/x.sql',
      ),
      id: "column-missing",
    },
    {
      title: "of the invocation",
      entries: [
        ...info(
          "02:31:10  Running with dbt=1.7.4\n02:31:10  Encountered an error:\nRuntime Error\n  Could not find profile named 'acme'",
        ),
        shellFailed,
      ],
      id: "dbt-profile",
      line: "Runtime Error: Could not find profile named 'acme'",
    },
    {
      title: "of the invocation that failed, not of the one before that went through with warnings",
      entries: [
        ...info(
          "02:30:00  Running with dbt=1.7.4\n02:30:01  Warning in test unique_x (models/schema.yml)\n  Got 3 results, configured to warn if != 0\n02:30:02  Completed with 1 warning:",
          "02:31:10  Running with dbt=1.7.4\n02:31:12  Encountered an error:\nParsing Error\n  Env var required but not provided: 'DBT_SCHEMA'",
        ),
        shellFailed,
      ],
      id: "dbt-profile",
    },
    {
      title: "with colour names of structured logs",
      entries: info(
        '{"info":{"level":"error","msg":"Database Error in model stg (models/stg.sql)\\n  permission denied for schema raw\\n  compiled code at x"}}',
      ),
      id: "db-permission",
    },
    {
      title: "with level and thread before each line",
      entries: info(
        "02:31:56.123456 [error] [MainThread]:   Database Error in snapshot snap_visits (snapshots/snap.sql)\n02:31:56.123999 [error] [MainThread]:   deadlock detected",
      ),
      id: "db-conflict",
    },
    {
      title: "in the state's message",
      stateMessage:
        'Flow run encountered an exception: ShellFailed: Database Error in model stg_visits (models/stg_visits.sql)\n  relation "raw.visits" does not exist',
      id: "relation-missing",
      line: 'Database Error in model stg_visits: relation "raw.visits" does not exist',
    },
    {
      title: "not of a skipped model",
      entries: info(
        "02:31:55  4 of 9 SKIP relation staging.permission_denied_for_table ... [SKIP]\n02:31:56  Done. PASS=2 WARN=0 ERROR=0 SKIP=1 TOTAL=3",
      ),
      id: undefined,
    },
    {
      title: "of a syntax error, of which no entry of the table tells",
      entries: [
        ...info(
          'Database Error in model fct (models/fct.sql)\n  syntax error at or near "FROM"\n  LINE 3: FROM\n          ^\n  compiled code at x',
        ),
        shellFailed,
      ],
      id: undefined,
      line: 'Database Error in model fct: syntax error at or near "FROM"',
    },
    {
      title: "of a server with other words than English, of which no pattern tells",
      entries: [
        ...info(
          "Database Error in model fct (models/fct.sql)\n  la relation « raw.visits » n'existe pas\n  compiled code at x",
        ),
        shellFailed,
      ],
      id: undefined,
      line: "Database Error in model fct: la relation « raw.visits » n'existe pas",
    },
    {
      title: "a failed invocation before one that succeeded only where nothing else is named",
      entries: [
        ...info(
          dbtModelError,
          "02:50:00  Running with dbt=1.8.2\n02:50:10  Completed successfully\n02:50:10  Done. PASS=9 WARN=0 ERROR=0 SKIP=0 TOTAL=9",
        ),
        entry(ERROR, "OSError: [Errno 28] No space left on device: 'x.json'"),
      ],
      id: "server-disk-full",
    },
  ])("$title", (failed) => expectFound(failed))

  it("names the tests and counts them", () => {
    expect(findCause({ entries: info(testsFailed) })).toMatchObject({
      values: { number: "2", tests: "not_null_stg_visits_ward and unique_stg_visits_id" },
      origin: "destination",
    })
  })
})

describe("the cause in Airbyte's failures", () => {
  const failure = (fields: Record<string, string>) =>
    JSON.stringify({ failureOrigin: "source", failureType: "system_error", ...fields })

  it.each<Case>([
    {
      title: "in the message for people",
      entries: [
        ...info(
          failure({
            failureType: "config_error",
            externalMessage: "The stream 'Visits' in your connection configuration was not found in the source.",
          }),
        ),
      ],
      id: "stream-gone",
      line: "The stream 'Visits' in your connection configuration was not found in the source.",
    },
    {
      title: "in the message for engineers, where the other says nothing",
      entries: info(
        failure({
          externalMessage: "Something went wrong in the connector. See the logs for more details.",
          internalMessage: "HTTP Status Code: 401. Error: Unauthorized.",
        }),
      ),
      id: "source-signin-refused",
    },
    {
      title: "in the last cause of its stack",
      entries: info(
        failure({
          externalMessage: "Something went wrong within the source connector",
          stacktrace:
            "java.lang.RuntimeException: read failed\n\tat a.B.c(B.java:1)\nCaused by: java.sql.SQLException: permission denied for table visits\n\tat d.E.f(E.java:2)",
        }),
      ),
      id: "db-permission",
    },
    {
      title: "in a trace message of a connector",
      entries: info(
        JSON.stringify({
          type: "TRACE",
          trace: {
            type: "ERROR",
            error: {
              message: "Something went wrong in the connector.",
              internal_message: "('invalid_grant: Token has been expired or revoked.')",
              stack_trace:
                "Traceback (most recent call last):\n  File \"x.py\", line 1, in a\n    b()\ngoogle.auth.exceptions.RefreshError: ('invalid_grant: Token has been expired or revoked.')",
              failure_type: "config_error",
            },
          },
        }),
      ),
      id: "google-signin-expired",
    },
    {
      title: "as Java prints it",
      entries: info(
        'sync failed: [io.airbyte.config.FailureReason@4f[failureOrigin=destination,failureType=system_error,internalMessage=could not extend file "base/1/2": No space left on device,externalMessage=Something went wrong within the destination connector,metadata=<null>,retryable=<null>]]',
      ),
      id: "warehouse-disk-full",
    },
    {
      title: "as an errorMessage",
      entries: info("errorMessage: Rate limit has been reached. Please try later."),
      id: "source-rate-limit",
    },
    {
      title: "behind its type",
      entries: [entry(ERROR, "Failure reason: [transient_error] HTTP Status Code: 502. Error: Bad gateway.")],
      id: "source-down",
    },
    {
      title: "by its type alone",
      entries: info(failure({ failureType: "heartbeat_timeout", externalMessage: "The sync was ended." })),
      id: "sync-stalled",
    },
    {
      title: "not by the type of a configuration alone",
      entries: info("[config_error] The value of start_date is wrong"),
      id: undefined,
      line: "The value of start_date is wrong",
    },
    {
      title: "inside a failed check",
      entries: info(
        failure({
          externalMessage: "Checking source connection failed - please review this connection's configuration",
          internalMessage: 'FATAL: password authentication failed for user "dalgo"',
        }),
      ),
      id: "db-signin-refused",
    },
    {
      title: "of a check that names nothing else",
      entries: info(
        failure({
          externalMessage: "Checking source connection failed - please review this connection's configuration",
        }),
      ),
      id: "source-check-failed",
    },
    {
      title: "of the last attempt",
      entries: info(
        failure({ externalMessage: "HTTP Status Code: 502. Error: Bad gateway." }),
        failure({ externalMessage: "HTTP Status Code: 401. Error: Unauthorized." }),
      ),
      id: "source-signin-refused",
    },
    {
      title: "not of an attempt before one that succeeded",
      entries: [
        ...info(failure({ externalMessage: "HTTP Status Code: 502. Error: Bad gateway." }), "Job 12 succeeded"),
        ...info(dbtModelError),
      ],
      id: "column-missing",
    },
    {
      title: "decided by the type where two match",
      entries: info(
        failure({
          failureType: "config_error",
          externalMessage: "HTTP Status Code: 429. Error: slow down. HTTP Status Code: 401. Error: Unauthorized.",
        }),
      ),
      id: "source-signin-refused",
    },
  ])("$title", (failed) => expectFound(failed))

  it("says which side failed", () => {
    expect(
      findCause({ entries: info(failure({ externalMessage: "permission denied for table visits" })) }).origin,
    ).toBe("source")
    expect(
      findCause({
        entries: info('"failureOrigin":"destination","externalMessage":"permission denied for table visits"'),
      }).origin,
    ).toBe("destination")
    expect(findCause({ entries: info("ERROR permission denied for table visits") }).origin).toBeUndefined()
  })
})

describe("the precedence of voices", () => {
  const airbyteFailure = entry(
    INFO,
    '{"failureType":"config_error","externalMessage":"HTTP Status Code: 401. Error: Unauthorized."}',
  )
  const connectionRefused = entry(ERROR, pythonTraceback("psycopg2.OperationalError: Connection refused"))
  const diskFull = "OSError: [Errno 28] No space left on device: 'x'"

  it.each<Case>([
    { title: "Airbyte before dbt", entries: [...info(dbtModelError), airbyteFailure], id: "source-signin-refused" },
    { title: "dbt before a traceback", entries: [...info(dbtModelError), connectionRefused], id: "column-missing" },
    { title: "a traceback before the state", entries: [connectionRefused], stateMessage: diskFull, id: "unreachable" },
    {
      title: "the state before other lines",
      entries: info("ERROR permission denied for table visits"),
      stateMessage: diskFull,
      id: "server-disk-full",
    },
    {
      title: "lines at INFO where all else only wraps",
      entries: [...info("fatal: Authentication failed for 'https://github.com/acme/dbt.git/'"), shellFailed],
      stateMessage: shellState,
      id: "git-access",
    },
    {
      title: "Prefect's last entry where there is no state",
      entries: [
        entry(ERROR, "Finished in state TimedOut('Flow run exceeded timeout of 7200.0 second(s)', type=FAILED)"),
      ],
      id: "run-timed-out",
      line: "Flow run exceeded timeout of 7200.0 second(s)",
    },
    {
      title: "what ended the run before a warning",
      entries: [
        entry(WARNING, "permission denied for table x"),
        entry(ERROR, "canceling statement due to lock timeout"),
      ],
      id: "db-conflict",
    },
    {
      title: "what ended the run before a try that went on",
      entries: info("Backing off 3.1 seconds: HTTP Status Code: 429.", "ERROR canceling statement due to lock timeout"),
      id: "db-conflict",
    },
    {
      title: "a try that went on where nothing else is named",
      entries: [
        ...info("Backing off 3.1 seconds: HTTP Status Code: 429. Error: Too many requests."),
        entry(ERROR, "Retries are exhausted"),
      ],
      id: "source-rate-limit",
    },
    {
      title: "sign-in before what passes by itself, in one text",
      stateMessage:
        'connection to server failed: Connection refused\nconnection to server failed: FATAL:  password authentication failed for user "dalgo"',
      id: "db-signin-refused",
    },
    {
      title: "memory only after what caused it",
      stateMessage: "Process exited with status code: -9 after could not connect to server: Connection refused",
      id: "unreachable",
    },
    {
      title: "a status that was not read, only while the job ran",
      entries: [...info("Job 12 running"), entry(ERROR, pythonTraceback("httpx.ReadTimeout"))],
      id: "airbyte-status-unread",
    },
    {
      title: "a part of Dalgo, where no job ran",
      entries: [entry(ERROR, pythonTraceback("httpx.ReadTimeout"))],
      id: "dalgo-part-unreachable",
    },
    {
      title: "a part of Dalgo, where the job had ended",
      entries: [...info("Job 12 running", "Job 12 succeeded"), entry(ERROR, pythonTraceback("httpx.ReadTimeout"))],
      id: "dalgo-part-unreachable",
    },
    {
      title: "a container that could not start, where no traceback says more",
      stateMessage: "Flow run infrastructure exited with non-zero status code 1.",
      id: "run-could-not-start",
    },
    {
      title: "a container that ended with a traceback",
      entries: [entry(ERROR, pythonTraceback("ValueError: no form was given"))],
      stateMessage: "Flow run infrastructure exited with non-zero status code 1.",
      id: undefined,
      line: "ValueError: no form was given",
    },
  ])("$title", (failed) => expectFound(failed))
})

describe("a log that names no cause", () => {
  it.each<Case>([
    {
      title: "Airbyte's job",
      entries: [...info("Job 512 running"), entry(ERROR, "Job 512 failed")],
      id: undefined,
      line: "Job 512 failed",
    },
    {
      title: "an exception of Airbyte's job",
      entries: [entry(ERROR, pythonTraceback("prefect_airbyte.exceptions.AirbyteSyncJobFailed: Job 512 failed."))],
      id: undefined,
    },
    { title: "a shell's return code", entries: [shellFailed], stateMessage: shellState, id: undefined },
    {
      title: "a missing result",
      stateMessage: "Flow run encountered an exception: MissingResult: State data is missing.",
      id: undefined,
    },
    {
      title: "a connector that went wrong",
      entries: info('{"failureType":"system_error","externalMessage":"Something went wrong during replication"}'),
      id: undefined,
    },
    { title: "a bad request", stateMessage: "HTTP Status Code: 400. Error: Bad request.", id: undefined },
    { title: "an unknown failure", stateMessage: "An unknown failure occurred", id: undefined },
    {
      title: "a process that could not deliver",
      entries: [entry(ERROR, "Destination process message delivery failed")],
      id: undefined,
    },
    { title: "two failed syncs", stateMessage: "2 airbyte sync(s) failed", id: undefined },
    {
      title: "a better line than Prefect's",
      entries: [
        entry(ERROR, "The form visits has no questions"),
        entry(ERROR, "Task run failed with exception"),
        entry(ERROR, "Finished in state Failed('Task run failed with exception')"),
      ],
      id: undefined,
      line: "The form visits has no questions",
    },
    {
      title: "a better line than the exception of the job",
      entries: [
        entry(ERROR, "The form visits has no questions"),
        entry(ERROR, pythonTraceback("AirbyteSyncJobFailed: Job 512 failed.")),
      ],
      stateMessage: "Flow run encountered an exception: AirbyteSyncJobFailed: Job 512 failed.",
      id: undefined,
      line: "The form visits has no questions",
    },
    {
      title: "no line of a place",
      entries: [
        entry(ERROR, "Location: asia-south1"),
        entry(ERROR, "Job ID: 1b2c"),
        entry(ERROR, "^"),
        entry(ERROR, "https://docs.example.org/errors"),
        entry(ERROR, "the load ended early"),
      ],
      id: undefined,
      line: "the load ended early",
    },
    {
      title: "lines of INFO that tell of no error",
      entries: info("Beginning flow run 'crimson-fox'", "Permissions were denied to nobody today"),
      id: undefined,
    },
  ])("$title", (failed) => expectFound(failed))

  it("has no line where nothing was logged", () => {
    expect(findCause({ stateMessage: null, entries: [] })).toEqual({ values: {}, from: "log" })
    expect(findCause({ stateMessage: " ", entries: info("Beginning flow run 'crimson-fox'") })).toEqual({
      values: {},
      from: "log",
    })
  })

  it("has a line of bounded length", () => {
    const { line } = findCause({ entries: [entry(ERROR, `the load ended early ${"🌾".repeat(1_000)}`)] })
    expect(Array.from(line ?? "")).toHaveLength(300)
    expect(line?.isWellFormed()).toBe(true)
  })
})

describe("what people and rows wrote", () => {
  it.each<Case>([
    {
      title: "a value",
      entries: [entry(ERROR, 'invalid input syntax for type integer: "permission denied for table x"')],
      id: "value-unreadable",
    },
    {
      title: "a value with quotes in it",
      stateMessage: 'invalid input syntax for type integer: "he said "Repository not found""',
      id: "value-unreadable",
    },
    {
      title: "a cell of a row in JSON",
      entries: [entry(ERROR, 'could not write the row {"id": "12", "remark": "Connection refused by the family"}')],
      id: undefined,
    },
    {
      title: "a cell of a row in Python",
      entries: [
        entry(
          ERROR,
          "could not write the row {'id': 12, 'answer 4': 'password authentication failed for user of the app'}",
        ),
      ],
      id: undefined,
    },
    {
      title: "a row in Postgres's details",
      entries: [
        entry(
          ERROR,
          'null value in column "id" of relation "visits" violates not-null constraint\nDETAIL:  Failing row contains (null, permission denied for table x, 3).',
        ),
      ],
      id: "key-missing",
    },
    {
      title: "a key in Postgres's details",
      entries: [
        entry(
          ERROR,
          'duplicate key value violates unique constraint "visits_pkey"\nDETAIL:  Key (remark)=(Repository not found) already exists.',
        ),
      ],
      id: "duplicate-key",
    },
    {
      title: "the input of a validation error",
      entries: [
        entry(
          ERROR,
          pythonTraceback(
            "ValidationError: 1 validation error for Visit\nage\n  Input should be a valid integer [type=int_parsing, input_value='Connection refused', input_type=str]",
          ),
        ),
      ],
      id: undefined,
    },
    {
      title: "a comment in code",
      entries: [
        entry(
          ERROR,
          'relation "raw.visits" does not exist\nLINE 3: from raw.visits -- permission denied for table x\n             ^',
        ),
      ],
      id: "relation-missing",
    },
    {
      title: "a comment at INFO",
      entries: info(
        "comment: Connection refused by the family",
        "Row 12: permission denied for table x",
        "answer=No space left on device",
      ),
      id: undefined,
    },
    {
      title: "a code line of a traceback",
      entries: [
        entry(
          ERROR,
          'Traceback (most recent call last):\n  File "x.py", line 1, in a\n    raise Oops("permission denied for table x")\nOops: no visits',
        ),
      ],
      id: undefined,
      line: "Oops: no visits",
    },
  ])("$title names no cause", (failed) => expectFound(failed))

  it.each([
    ['invalid input syntax for type integer: "Asha, 12"', "Asha, 12"],
    ['date/time field value out of range: "31/02/2026"', "31/02/2026"],
    ["Numeric value 'twelve' is not recognized", "twelve"],
    ["Bad int64 value: twelve", "twelve"],
    ["400 Invalid date: '2026/31/12'", "2026/31/12"],
    ["ValueError: could not convert string to float: 'n/a'", "n/a"],
  ])("is kept out of the public line: %s", (message, value) => {
    const found = findCause({ stateMessage: message, entries: [] })
    expect(found).toMatchObject({ cause: { id: "value-unreadable" }, values: { value } })
    expect(found.line).toContain(value)
    expect(found.publicLine).not.toContain(value)
  })
})

describe("what a text names", () => {
  it.each<[string, object]>([
    ['relation "raw.visits" does not exist', { table: "visits" }],
    ["404 Not found: Table acme-prod:raw.visits was not found in location US", { table: "visits" }],
    ["Object 'ANALYTICS.RAW.VISITS' does not exist or not authorized", { table: "VISITS" }],
    ["permission denied for table visits", { table: "visits" }],
    ['relation "airbyte_internal.raw_raw__stream_visits" does not exist', { table: "visits" }],
    ['relation "_airbyte_raw_visits" does not exist', { table: "visits" }],
    ['relation "0f9e2a1c4b5d4e6f8a7b9c0d1e2f3a4b" does not exist', {}],
    ['column "ward" of relation "visits" does not exist', { column: "ward", table: "visits" }],
    ["Unrecognized name: ward at [3:1]", { column: "ward" }],
    ["Unknown column 'v.ward' in 'field list'", { column: "ward" }],
    [
      'Database Error in model stg_visits (models/stg.sql)\n  column "ward" does not exist',
      { model: "stg_visits", column: "ward" },
    ],
    ["Flow run exceeded timeout of 5400.0 second(s)", { duration: "1 hour 30 minutes" }],
    ["Flow run exceeded timeout of 90.0 second(s)", { duration: "90 seconds" }],
    [
      "[heartbeat_timeout] Airbyte detected that the Source didn't send any records in the last 90 minutes",
      { duration: "90 minutes" },
    ],
    [
      "401 Client Error: Unauthorized for url: https://kf.kobotoolbox.org/api/v2/assets.json",
      { source: "KoboToolbox" },
    ],
    [
      "fatal: unable to access 'https://github.com/acme/dbt.git/': Could not resolve host: github.com",
      { source: "GitHub" },
    ],
    ["permission denied for table visits of Google Sheets and KoboToolbox", { table: "visits" }],
  ])("%s", (message, values) => {
    expect(findCause({ stateMessage: message, entries: [] }).values).toEqual(values)
  })
})

describe("the cause in a line of level INFO without a time or a level in it", () => {
  it.each([
    ["Airbyte could not start the sync process.", "airbyte-worker-lost"],
    ["Airbyte detected that the Source didn't send any records in the last 90 minutes.", "sync-stalled"],
    ["Flow run exceeded timeout of 3600.0 second(s)", "run-timed-out"],
    ["404 Not found: Table acme:raw.visits was not found in location asia-south1", "relation-missing"],
  ])("%s", (message, id) => {
    expect(findCause({ stateMessage: shellState, entries: [...info(message), shellFailed] }).cause?.id).toBe(id)
  })
})
