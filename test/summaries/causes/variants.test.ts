import { describe, expect, it } from "vitest"
import { findCause } from "../../../src/summaries/causes/find-cause"
import type { LogEntry } from "../../../src/summaries/log-entry"
import { ERROR, entry, INFO, pythonTraceback, WARNING } from "../../support/failure-logs"

type Case = { title: string; entries?: LogEntry[]; stateMessage?: string; id: string | undefined; line?: string }

const expectFound = ({ entries = [], stateMessage, id, line }: Case) => {
  const found = findCause({ stateMessage, entries })
  expect([found.cause?.id, found.line]).toEqual([id, line ?? found.line])
}

const info = (...messages: string[]) => messages.map((message) => entry(INFO, message))
const error = (...messages: string[]) => messages.map((message) => entry(ERROR, message))

describe("tracebacks of other programs and versions", () => {
  it.each<Case>([
    {
      title: "loguru, with values and a marked frame",
      entries: error(
        'An error has been caught\nTraceback (most recent call last):\n\n  File "/app/run.py", line 3, in <module>\n    main()\n    └ <function main at 0x7f>\n> File "/app/run.py", line 9, in main\n    load(form)\n         └ \'visits\'\n\nrequests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://kf.kobotoolbox.org/api/v2/assets/x/',
      ),
      id: "source-not-found",
      line: "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://kf.kobotoolbox.org/api/v2/assets/x/",
    },
    {
      title: "a notebook",
      entries: error(
        "---------------------------------------------------------------------------\nProgrammingError                          Traceback (most recent call last)\nCell In[4], line 2\n      1 sql = build()\n----> 2 cur.execute(sql)\n\n/usr/lib/python3/cursor.py in execute(self, sql)\n    80     def execute(self, sql):\n---> 81         self.run(sql)\n\nProgrammingError: permission denied for schema staging",
      ),
      id: "db-permission",
      line: "ProgrammingError: permission denied for schema staging",
    },
    {
      title: "an exception with a name in lower case",
      entries: error(pythonTraceback("socket.gaierror: [Errno -3] Temporary failure in name resolution")),
      id: "dns",
    },
    {
      title: "a worker process",
      entries: error(
        `concurrent.futures.process._RemoteTraceback: \n"""\n${pythonTraceback("MemoryError")}\n"""\n\nThe above exception was the direct cause of the following exception:\n\n${pythonTraceback("RuntimeError: a worker failed")}`,
      ),
      id: "out-of-memory",
      line: "MemoryError",
    },
    {
      title: "clean-up after the failure",
      entries: error(
        pythonTraceback("psycopg2.errors.DeadlockDetected: deadlock detected\nDETAIL:  Process 1 waits"),
        `Exception ignored in: <function Loop.__del__ at 0x7f>\n${pythonTraceback("ConnectionResetError: [Errno 104] Connection reset by peer")}`,
      ),
      id: "db-conflict",
    },
    {
      title: "Prefect, whose log could not be sent",
      entries: error(
        pythonTraceback("ModuleNotFoundError: No module named 'pandas'"),
        `Error encountered when sending logs to API\n${pythonTraceback("httpx.ConnectError: All connection attempts failed")}`,
      ),
      id: "pipeline-setup-broken",
    },
    {
      title: "a chain of four, spread over entries with a level before each line",
      entries:
        `${pythonTraceback("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1007)")}\n\nDuring handling of the above exception, another exception occurred:\n\n${pythonTraceback("urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='kc.example.org', port=443): Max retries exceeded with url: /forms")}\n\nDuring handling of the above exception, another exception occurred:\n\n${pythonTraceback("requests.exceptions.SSLError: HTTPSConnectionPool")}`
          .split("\n")
          .map((line) => entry(INFO, `2026-11-20T02:30:18Z ERROR ${line}`)),
      id: "tls-certificate",
    },
    {
      title: "a nested group",
      entries: error(
        [
          "  + Exception Group Traceback (most recent call last):",
          '  |   File "/app/run.py", line 3, in <module>',
          "  | ExceptionGroup: outer (1 sub-exception)",
          "  +-+---------------- 1 ----------------",
          "    | Exception Group Traceback (most recent call last):",
          '    |   File "/app/run.py", line 9, in load',
          "    | ExceptionGroup: inner (1 sub-exception)",
          "    +-+---------------- 1 ----------------",
          "      | Traceback (most recent call last):",
          '      |   File "/app/run.py", line 10, in load',
          "      | pymysql.err.OperationalError: (1040, 'Too many connections')",
          "      +------------------------------------",
        ].join("\n"),
      ),
      id: "db-too-many-connections",
      line: "pymysql.err.OperationalError: (1040, 'Too many connections')",
    },
    {
      title: "a sub-exception with a chain",
      entries: error(
        [
          "  + Exception Group Traceback (most recent call last):",
          '  |   File "/app/run.py", line 3, in <module>',
          "  | ExceptionGroup: steps (1 sub-exception)",
          "  +-+---------------- 1 ----------------",
          "    | Traceback (most recent call last):",
          '    |   File "/app/a.py", line 9, in load',
          '    | psycopg2.errors.UndefinedTable: relation "raw.visits" does not exist',
          "    | ",
          "    | The above exception was the direct cause of the following exception:",
          "    | ",
          "    | Traceback (most recent call last):",
          '    |   File "/app/a.py", line 12, in load',
          "    | app.StepFailed: step 1",
          "    +------------------------------------",
        ].join("\n"),
      ),
      id: "relation-missing",
      line: 'psycopg2.errors.UndefinedTable: relation "raw.visits" does not exist',
    },
    {
      title: "a note and a hint behind the message",
      entries: error(
        pythonTraceback(
          "psycopg2.errors.UndefinedFunction: operator does not exist: text = integer\nLINE 1: select 1\n               ^\nHINT:  No operator matches the given name and argument types. You might need to add explicit type casts.\n\nwhile building the table visits",
        ),
      ),
      id: "type-mismatch",
      line: "psycopg2.errors.UndefinedFunction: operator does not exist: text = integer",
    },
    {
      title: "Scala and Java with a message of several lines",
      entries: error(
        'java.lang.RuntimeException: sync failed\n\tat a.B.c(B.java:1)\nCaused by: org.postgresql.util.PSQLException: ERROR: relation "raw.visits" does not exist\n  Position: 15\n\tat org.postgresql.Q.r(Q.java:2)\n\t... 7 more',
      ),
      id: "relation-missing",
      line: 'org.postgresql.util.PSQLException: ERROR: relation "raw.visits" does not exist',
    },
    {
      title: "a state's message whose line breaks are written out",
      entries: error(
        String.raw`Finished in state Failed("Flow run encountered an exception: ValueError: Failed to invoke dbt command 'run': Compilation Error\n  Snapshot 'snapshot.acme.visits' (snapshots/visits.sql) depends on a node named 'stg_visits' which is disabled")`,
      ),
      id: "dbt-compile",
    },
    {
      title: "Prefect's last entry, cut at its end",
      entries: error(
        "Finished in state Failed('Flow run encountered an exception: OSError: [Errno 122] Disk quota exceeded: /mnt/cli",
      ),
      id: "server-disk-full",
      line: "OSError: [Errno 122] Disk quota exceeded: /mnt/cli",
    },
    {
      title: "pydantic with a nested field and no cause",
      stateMessage:
        "Flow run encountered an exception: ValidationError: 1 validation error for DbtCliProfile\ntarget_configs.extras\n  value is not a valid dict (type=type_error.dict)",
      id: undefined,
      line: "ValidationError: 1 validation error for DbtCliProfile: target_configs.extras: value is not a valid dict",
    },
  ])("$title", (failed) => expectFound(failed))
})

describe("dbt's output of other versions", () => {
  it.each<Case>([
    {
      title: "1.10, which repeats the node before its error",
      entries: info(
        "02:38:20  Running with dbt=1.10.2\n02:38:21  Failure in model stg_visits (models/stg_visits.sql)\n02:38:21    Database Error in model stg_visits (models/stg_visits.sql)\n  permission denied for schema staging\n02:38:21  \n02:38:21    compiled code at target/x.sql\n02:38:21  \n02:38:21  Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 TOTAL=1",
      ),
      id: "db-permission",
      line: "Database Error in model stg_visits: permission denied for schema staging",
    },
    {
      title: "1.10, of a test that could not run",
      entries: info(
        '02:38:21  Failure in test not_null_visits_ward (models/schema.yml)\n02:38:21    Database Error in test not_null_visits_ward (models/schema.yml)\n  column "ward" does not exist\n  compiled code at x',
      ),
      id: "column-missing",
    },
    {
      title: "0.21",
      entries: info(
        "02:38:21 | Completed with 1 error and 0 warnings:\n02:38:21 | \nDatabase Error in model stg_visits (models/stg_visits.sql)\n  division by zero\n  compiled SQL at target/run/stg.sql",
      ),
      id: "division-by-zero",
    },
    {
      title: "1.0, of an incremental model of BigQuery",
      entries: info(
        "02:38:21  Database Error in model fct_visits (models/fct_visits.sql)\n  UPDATE/MERGE must match at most one source row for each target row\n  compiled SQL at target/run/fct.sql",
      ),
      id: "duplicate-key",
    },
    {
      title: "tests of which only the progress was kept",
      entries: info(
        "02:40:11  4 of 9 FAIL 3 not_null_visits_ward ............................ [FAIL 3 in 0.05s]",
        "02:40:11  Done. PASS=8 WARN=0 ERROR=1 SKIP=0 TOTAL=9",
      ),
      id: "dbt-test-failed",
    },
    {
      title: "a hook at the end",
      entries: info("02:40:11  on-run-end failed, error:\n permission denied for schema elementary"),
      id: "db-permission",
    },
    {
      title: "2.0, of a test",
      entries: info(
        "dbt-fusion 2.0.0-preview.164\n   Loading profiles.yml\n Succeeded [  0.01s] model main.base (table)\n    Failed [  1.74s] test  main.unique_base_id\n",
      ),
      id: "dbt-test-failed",
    },
    {
      title: "2.0, of a model",
      entries: info(
        "dbt-fusion 2.0.0-preview.164\n    Failed [  1.00s] model main.fct (table)\nerror: dbt1308: [Snowflake] 002003 (42S02): SQL compilation error: Object 'RAW.VISITS' does not exist or not authorized.\n  --> models/fct.sql:3:5",
      ),
      id: "relation-missing",
    },
    {
      title: "a run through Airflow",
      entries: info(
        "[2026-11-20, 10:14:54 +07] {subprocess.py:94} INFO - 03:14:54    Database Error in model customers (models/customers.sql)",
        "[2026-11-20, 10:14:54 +07] {subprocess.py:94} INFO -   must be owner of table customers",
        "[2026-11-20, 10:14:54 +07] {subprocess.py:94} INFO -   compiled Code at target/run/x.sql",
      ),
      id: "db-permission",
    },
    {
      title: "a seed",
      entries: info(
        '02:38:21  Database Error in seed wards (seeds/wards.csv)\n  invalid input syntax for type integer: "n/a"\n  compiled code at x',
      ),
      id: "value-unreadable",
    },
    {
      title: "an operation",
      entries: info(
        "02:38:21  Encountered an error while running operation: Database Error\n  canceling statement due to statement timeout",
      ),
      id: "query-too-heavy",
    },
    {
      title: "a package that cannot be fetched by git",
      entries: info(
        "02:38:21  Encountered an error:\nInternal Error\n  Error checking out spec='main' for repo https://github.com/acme/private.git\n  fatal: could not read Username for 'https://github.com': terminal prompts disabled",
      ),
      id: "git-access",
    },
    {
      title: "a runtime error of a lost warehouse",
      entries: info(
        '02:38:21  Encountered an error:\nDatabase Error\n  connection to server at "10.2.3.4", port 5432 failed: FATAL:  the database system is starting up',
      ),
      id: "connection-lost",
    },
    {
      title: "a warehouse that refuses the password",
      entries: info(
        '02:38:21  Encountered an error:\nDatabase Error\n  connection to server at "10.2.3.4", port 5432 failed: FATAL:  password authentication failed for user "dalgo"',
      ),
      id: "db-signin-refused",
    },
    {
      title: "a warning beside the error",
      entries: info(
        "02:38:20  [WARNING]: Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\n02:38:21  Encountered an error:\nParsing Error\n  Model 'a' depends on a source named 'raw.visits' which was not found",
      ),
      id: "dbt-compile",
    },
  ])("$title", (failed) => expectFound(failed))
})

describe("Airbyte's failures of other versions", () => {
  it.each<Case>([
    {
      title: "a summary over many lines",
      entries: info(
        '2026-11-20 02:30:18 platform > sync summary: {\n  "status" : "failed",\n  "failures" : [ {\n    "failureOrigin" : "source",\n    "failureType" : "config_error",\n    "internalMessage" : "403 Client Error",\n    "externalMessage" : "The authenticated Google user does not have permissions to view the spreadsheet with id x.",\n    "timestamp" : 1\n  } ]\n}',
      ),
      id: "sheet-not-shared",
    },
    {
      title: "a summary of one line per entry",
      entries: info(
        '"failureOrigin" : "destination",',
        '"internalMessage" : "permission denied for schema raw",',
        '"externalMessage" : "Something went wrong within the destination connector",',
      ),
      id: "db-permission",
    },
    {
      title: "a line of the source",
      entries: info(
        "2026-11-20 02:30:18 source > ERROR Refresh token is invalid or expired. Please re-authenticate from Sources/CRM/Settings.",
      ),
      id: "source-signin-refused",
    },
    {
      title: "the words of a webhook",
      stateMessage: "[config_error] Unable to parse range: Baseline!A1:Z",
      id: "stream-gone",
      line: "Unable to parse range: Baseline!A1:Z",
    },
    {
      title: "a heartbeat in an errorMessage",
      entries: info(
        '{"errorMessage":"Airbyte detected that the Source didn\'t send any records in the last 24 hours, exceeding the configured 3 hours threshold. Airbyte will try reading again on the next sync.","errorType":"heartbeat_timeout","errorOrigin":"source"}',
      ),
      id: "sync-stalled",
    },
    {
      title: "a lost worker",
      entries: info(
        '{"failureOrigin":"airbyte_platform","failureType":"transient_error","externalMessage":"Airbyte could not track the sync progress."}',
      ),
      id: "airbyte-worker-lost",
    },
    {
      title: "a destination without room",
      entries: info(
        '{"failureOrigin":"destination","externalMessage":"Something went wrong within the destination connector","stacktrace":"java.lang.RuntimeException: x\\n\\tat a.B.c(B.java:1)\\nCaused by: org.postgresql.util.PSQLException: ERROR: could not extend file \\"base/1/2\\": No space left on device\\n  Hint: Check free disk space.\\n\\tat d.E.f(E.java:2)"}',
      ),
      id: "warehouse-disk-full",
    },
    {
      title: "a refresh token in a stack with Google's address",
      entries: info(
        '{"failureType":"config_error","externalMessage":"Refresh token is invalid or expired. Please re-authenticate from Sources/Sheet/Settings.","stacktrace":"requests.exceptions.HTTPError: 400 Client Error for url: https://oauth2.googleapis.com/[redacted]"}',
      ),
      id: "google-signin-expired",
    },
    {
      title: "an attempt that was cancelled",
      entries: info(
        '{"failureOrigin":"airbyte_platform","failureType":"manual_cancellation","externalMessage":"Setting attempt to FAILED because the job was cancelled"}',
      ),
      id: "cancelled-by-hand",
    },
    {
      title: "a check behind a wrapper with its reason",
      entries: error(
        'Checking destination connection failed - please review this connection\'s configuration to prevent future syncs from failing. State code: 28000; Message: FATAL: no pg_hba.conf entry for host "3.4.5.6", user "dalgo", database "x", SSL off',
      ),
      id: "db-not-let-in",
    },
  ])("$title", (failed) => expectFound(failed))
})

describe("what precedes what, in whole logs", () => {
  it.each<Case>([
    {
      title: "git before dbt that then had no project",
      entries: [
        ...info("Cloning into '/mnt/dbt'...", "fatal: Authentication failed for 'https://github.com/acme/dbt.git/'"),
        ...error(
          pythonTraceback(
            "subprocess.CalledProcessError: Command '['git', 'clone']' returned non-zero exit status 128.",
          ),
        ),
      ],
      stateMessage: "Flow run encountered an exception: CalledProcessError: Command returned non-zero exit status 128.",
      id: "git-access",
    },
    {
      title: "a killed process after a retry that passed",
      entries: [
        ...info(
          "Retrying in 2 seconds: Connection reset by peer",
          "Process for flow run 'teal-owl' exited with status code: -9; This indicates that the process exited due to a SIGKILL signal.",
        ),
      ],
      id: "out-of-memory",
    },
    {
      title: "a warning of pip beside the missing module",
      entries: [
        entry(
          WARNING,
          "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError: Failed to resolve'",
        ),
        ...error(pythonTraceback("ModuleNotFoundError: No module named 'dbt'")),
      ],
      id: "pipeline-setup-broken",
    },
    {
      title: "a refused password behind a pool that gave up",
      entries: error(
        'HikariPool-1 - Connection is not available, request timed out after 60000ms.\nCaused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "dalgo"',
      ),
      id: "db-signin-refused",
    },
    {
      title: "a statement's time-out in a run that timed out",
      stateMessage: "Flow run exceeded timeout of 3600.0 second(s)",
      entries: error(pythonTraceback("psycopg2.errors.QueryCanceled: canceling statement due to statement timeout")),
      id: "query-too-heavy",
    },
    {
      title: "a job that failed after it was read as running",
      entries: [
        ...info("Job 7 running", "Job 7 running"),
        ...error("Job 7 failed", pythonTraceback("prefect_airbyte.exceptions.AirbyteSyncJobFailed: Job 7 failed.")),
      ],
      id: undefined,
    },
    {
      title: "a signal at the end of a load that could not reach its source",
      entries: [
        ...error("could not connect to server: Connection timed out"),
        ...info("Flow run process exited with exit code: 143"),
      ],
      id: "unreachable",
    },
    {
      title: "a disk that filled up before the connection was lost",
      entries: error(
        'could not write to file "base/pgsql_tmp/x": No space left on device',
        "server closed the connection unexpectedly",
      ),
      id: "warehouse-disk-full",
    },
    {
      title: "the state alone",
      stateMessage: "Execution was cancelled by the runtime environment.",
      id: "run-stopped",
    },
    {
      title: "an image that is gone, before the container's exit",
      entries: error("docker.errors.ImageNotFound: 404 Client Error: manifest unknown"),
      stateMessage: "Flow run infrastructure exited with non-zero status code 1.",
      id: "run-could-not-start",
    },
    {
      title: "a certificate that is not the server's, before the retries",
      entries: error(
        "Max retries exceeded with url: /forms (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate')))",
      ),
      id: "tls-certificate",
    },
  ])("$title", (failed) => expectFound(failed))
})

describe("lines at INFO without a level", () => {
  it.each([
    ["An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied", "source-forbidden"],
    ["401 Client Error: Unauthorized for url: https://kf.kobotoolbox.org/api/v2/assets.json", "source-signin-refused"],
    ["Error: 404 Client Error: Not Found for url: https://www.commcarehq.org/a/acme/", "source-not-found"],
    ['psql: error: connection to server at "10.2.3.4", port 5432 failed: Connection refused', "unreachable"],
    ["Killed", "out-of-memory"],
    ["/bin/sh: line 1:   214 Killed                  dbt run", "out-of-memory"],
    ["Permission denied (publickey).", "git-access"],
    ["FATAL:  sorry, too many clients already", "db-too-many-connections"],
    ["sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) SSL SYSCALL error: EOF detected", "connection-lost"],
    ["[e-mail]: Permission denied (publickey).", "git-access"],
  ])("name a cause where a program printed its error: %s", (message, id) => {
    expect(findCause({ entries: info("Beginning step", message, "Cleaning up") }).cause?.id).toBe(id)
  })

  it.each([
    "Visit 12, remark: the household said No space left on device",
    "Loaded the note 'password authentication failed for user' of visit 7",
    "wards.csv: 12 rows, column names are fine",
    "The family refused: Connection refused",
    "The test permission_denied_for_table passed",
    "Job 12 succeeded after 429 Too Many Requests was seen before",
  ])("name none where they tell of something else: %s", (message) => {
    expect(findCause({ entries: info("Beginning step", message, "Cleaning up") }).cause).toBeUndefined()
  })
})

describe("servers with other words than English", () => {
  it.each([
    "la relation « raw.visits » n'existe pas",
    "FEHLER:  Relation »raw.visits« existiert nicht",
    "ERROR:  no existe la relación «raw.visits»",
    'ОШИБКА:  отношение "raw.visits" не существует',
    'त्रुटि: "raw.visits" मौजूद नहीं है',
  ])("name no cause, and their line is shown: %s", (message) => {
    const found = findCause({ entries: error(pythonTraceback(`psycopg2.errors.UndefinedTable: ${message}`)) })
    expect(found).toMatchObject({ line: `psycopg2.errors.UndefinedTable: ${message.replace(/ {2}/g, " ")}` })
    expect(found.cause).toBeUndefined()
  })
})
