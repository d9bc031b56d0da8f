import { describe, expect, it } from "vitest"
import { findCause } from "../../../src/summaries/causes/find-cause"
import type { LogEntry } from "../../../src/summaries/log-entry"
import { ERROR, entry, INFO } from "../../support/failure-logs"

const lines = (...all: string[]) => all.join("\n")

const HEADER = "Traceback (most recent call last):"
const FRAME = '  File "/app/flows/load.py", line 41, in load\n    cur.execute(sql)'
const CAUSED = "The above exception was the direct cause of the following exception:"
const HANDLED = "During handling of the above exception, another exception occurred:"

const traceback = (exception: string) => lines(HEADER, FRAME, exception)
const error = (message: string) => [entry(ERROR, message)]
const onePerEntry = (level: number, text: string) => text.split("\n").map((line) => entry(level, line))

type Case = { title: string; entries?: LogEntry[]; stateMessage?: string; line: string; id?: string }

const cases: Case[] = [
  {
    title: "a group in a state's message, without what stands before its first exception",
    stateMessage: lines(
      "Flow run encountered an exception.",
      "",
      "  + Exception Group Traceback (most recent call last):",
      '  |   File "/app/load.py", line 1, in <module>',
      "  |     main()",
      "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)",
      "  +-+---------------- 1 ----------------",
      "    | Traceback (most recent call last):",
      '    |   File "/app/load.py", line 9, in read',
      "    |     parse(sheet)",
      "    | ValueError: the sheet has two heading rows",
      "    +------------------------------------",
    ),
    line: "ValueError: the sheet has two heading rows",
  },
  {
    title: "a message of psycopg2 with code and a caret",
    entries: error(
      traceback(
        'psycopg2.errors.UndefinedColumn: column "ward" does not exist\nLINE 1: SELECT ward FROM raw.visits\n               ^\n',
      ),
    ),
    line: 'psycopg2.errors.UndefinedColumn: column "ward" does not exist',
    id: "column-missing",
  },
  {
    title: "a validation error of pydantic",
    entries: error(
      traceback(
        "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Visit\nage\n  Input should be a valid integer [type=int_parsing, input_value='twelve', input_type=str]\n    For further information visit https://errors.pydantic.dev/2.9/v/int_parsing\nward\n  Field required [type=missing, input_value={}, input_type=dict]",
      ),
    ),
    line: "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Visit: age: Input should be a valid integer",
  },
  {
    title: "a validation error of pydantic 1",
    entries: error(
      traceback(
        "pydantic.error_wrappers.ValidationError: 1 validation error for Visit\nage\n  value is not a valid integer (type=type_error.integer)",
      ),
    ),
    line: "pydantic.error_wrappers.ValidationError: 1 validation error for Visit: age: value is not a valid integer",
  },
  {
    title: "an error of Google with the job behind it",
    entries: error(
      traceback(
        "google.api_core.exceptions.NotFound: 404 Not found: Table acme:raw.visits was not found in location asia-south1; reason: notFound\n\nLocation: asia-south1\nJob ID: 1b2c3d4e-0000-4000-8000-000000000000\n",
      ),
    ),
    line: "google.api_core.exceptions.NotFound: 404 Not found: Table acme:raw.visits was not found in location asia-south1; reason: notFound",
    id: "relation-missing",
  },
  {
    title: "a direct cause",
    entries: error(
      lines(
        traceback(
          'psycopg2.OperationalError: connection to server at "10.2.3.4" failed: FATAL:  password authentication failed for user "dalgo"',
        ),
        "",
        CAUSED,
        "",
        traceback("app.errors.StepFailed: the step load failed"),
      ),
    ),
    line: 'psycopg2.OperationalError: connection to server at "10.2.3.4" failed: FATAL: password authentication failed for user "dalgo"',
    id: "db-signin-refused",
  },
  {
    title: "an exception during the handling of another",
    entries: error(
      lines(
        traceback("OSError: [Errno 28] No space left on device: 'out.csv'"),
        "",
        HANDLED,
        "",
        traceback("RuntimeError: could not clean up"),
      ),
    ),
    line: "OSError: [Errno 28] No space left on device: 'out.csv'",
    id: "server-disk-full",
  },
  {
    title: "three exceptions in a chain",
    entries: error(
      lines(
        traceback("socket.gaierror: [Errno -2] Name or service not known"),
        "",
        HANDLED,
        "",
        traceback("urllib3.exceptions.NameResolutionError: Failed to resolve 'kc.example.org'"),
        "",
        CAUSED,
        "",
        traceback("requests.exceptions.ConnectionError: Max retries exceeded with url: /forms"),
      ),
    ),
    line: "socket.gaierror: [Errno -2] Name or service not known",
    id: "dns",
  },
  {
    title: "a network fault whose outer exception names a part of Dalgo",
    entries: error(
      lines(
        traceback("ConnectionRefusedError: [Errno 111] Connection refused"),
        "",
        CAUSED,
        "",
        traceback("httpx.ConnectError: All connection attempts failed"),
      ),
    ),
    line: "httpx.ConnectError: All connection attempts failed",
    id: "dalgo-part-unreachable",
  },
  {
    title: "a group's sub-exception",
    entries: error(
      [
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "/app/run.py", line 3, in <module>',
        "  |     run()",
        "  | ExceptionGroup: steps failed (2 sub-exceptions)",
        "  +-+---------------- 1 ----------------",
        "    | Traceback (most recent call last):",
        '    |   File "/app/run.py", line 9, in load',
        "    |     load()",
        "    | ValueError: no visits were given",
        "    +---------------- 2 ----------------",
        "    | Traceback (most recent call last):",
        '    |   File "/app/run.py", line 12, in save',
        "    |     save()",
        "    | psycopg2.errors.InsufficientPrivilege: permission denied for table visits",
        "    +------------------------------------",
      ].join("\n"),
    ),
    line: "psycopg2.errors.InsufficientPrivilege: permission denied for table visits",
    id: "db-permission",
  },
  {
    title: "a group without a known cause, by its first sub-exception",
    entries: error(
      [
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "/app/run.py", line 3, in <module>',
        "  | BaseExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)",
        "  +-+---------------- 1 ----------------",
        "    | ValueError: the form has no questions",
        "    +---------------- 2 ----------------",
        "    | TypeError: age is no number",
        "    +------------------------------------",
      ].join("\n"),
    ),
    line: "ValueError: the form has no questions",
  },
  {
    title: "a traceback that the message of another quotes",
    entries: error(
      lines(
        "Encountered exception during execution: RuntimeError",
        traceback("RuntimeError: Command failed with exit code 2:"),
        traceback("PermissionError: [Errno 13] Permission denied: 'logs'"),
      ),
    ),
    line: "PermissionError: [Errno 13] Permission denied: 'logs'",
    id: "pipeline-setup-broken",
  },
  {
    title: "a traceback quoted with written line breaks",
    entries: error(
      String.raw`Step failed: RuntimeError('Traceback (most recent call last):\n  File "/app/load.py", line 4, in load\n    save()\nsqlalchemy.exc.OperationalError: SSL SYSCALL error: EOF detected\n')`,
    ),
    line: "sqlalchemy.exc.OperationalError: SSL SYSCALL error: EOF detected",
    id: "connection-lost",
  },
  {
    title: "notes behind an exception",
    entries: error(
      traceback("ValueError: the form visits has no questions\nwhile reading the form visits\nask the field team"),
    ),
    line: "ValueError: the form visits has no questions",
  },
  {
    title: "a syntax error with its caret",
    entries: error(
      lines(
        HEADER,
        '  File "/app/run.py", line 3, in <module>',
        "    import load",
        '  File "/app/load.py", line 7',
        "    def load(:",
        "             ^",
        "SyntaxError: invalid syntax",
      ),
    ),
    line: "SyntaxError: invalid syntax",
  },
  {
    title: "markers below the code",
    entries: error(
      lines(
        HEADER,
        '  File "/app/run.py", line 3, in load',
        "    a['ward']['code']",
        "    ~~~~~~~~~^^^^^^^^",
        "KeyError: 'code'",
      ),
    ),
    line: "KeyError: 'code'",
  },
  {
    title: "a repeated frame",
    entries: error(
      lines(
        HEADER,
        FRAME,
        "  [Previous line repeated 984 more times]",
        "RecursionError: maximum recursion depth exceeded",
      ),
    ),
    line: "RecursionError: maximum recursion depth exceeded",
  },
  {
    title: "the boxes of rich",
    entries: error(
      [
        "╭───────────────────── Traceback (most recent call last) ──────────────────────╮",
        "│ /app/flows/load.py:41 in load                                                │",
        "│                                                                              │",
        "│   40 │   sql = build()                                                       │",
        "│ ❱ 41 │   cur.execute(sql)                                                    │",
        "╰──────────────────────────────────────────────────────────────────────────────╯",
        'UndefinedTable: relation "raw.visits" does not exist',
      ].join("\n"),
    ),
    line: 'UndefinedTable: relation "raw.visits" does not exist',
    id: "relation-missing",
  },
  {
    title: "a traceback inside a box",
    entries: error(
      [
        "│ Traceback (most recent call last):       │",
        '│   File "/app/load.py", line 4, in load   │',
        "│     save()                               │",
        "│ ZeroDivisionError: division by zero      │",
      ].join("\n"),
    ),
    line: "ZeroDivisionError: division by zero",
    id: "division-by-zero",
  },
  {
    title: "one line per entry",
    entries: [
      ...onePerEntry(
        INFO,
        lines(
          "Beginning step",
          traceback(
            'psycopg2.errors.UndefinedColumn: column "ward" does not exist\nLINE 1: SELECT ward\n               ^',
          ),
        ),
      ),
      entry(INFO, "closing the connection"),
    ],
    line: 'psycopg2.errors.UndefinedColumn: column "ward" does not exist',
    id: "column-missing",
  },
  {
    title: "one line per entry, with time and level before each",
    entries: onePerEntry(INFO, traceback("MemoryError: Unable to allocate 3 GiB")).map(({ level, message }) =>
      entry(level, `2026-11-20 02:30:18,074 ERROR ${message}`),
    ),
    line: "MemoryError: Unable to allocate 3 GiB",
    id: "out-of-memory",
  },
  {
    title: "one line per entry, without indentation",
    entries: onePerEntry(
      ERROR,
      traceback("pymongo.errors.ServerSelectionTimeoutError: No servers found yet").replaceAll(/^ +/gm, ""),
    ),
    line: "pymongo.errors.ServerSelectionTimeoutError: No servers found yet",
    id: "unreachable",
  },
  {
    title: "an indented traceback",
    entries: error(
      lines(
        "The step failed:",
        ...traceback("FileNotFoundError: [Errno 2] No such file or directory: 'x.py'")
          .split("\n")
          .map((line) => `    ${line}`),
      ),
    ),
    line: "FileNotFoundError: [Errno 2] No such file or directory: 'x.py'",
    id: "pipeline-setup-broken",
  },
  {
    title: "the last of two tracebacks",
    entries: [
      entry(ERROR, traceback("ZeroDivisionError: division by zero")),
      entry(INFO, "going on"),
      entry(ERROR, traceback("OSError: [Errno 122] Disk quota exceeded")),
    ],
    line: "OSError: [Errno 122] Disk quota exceeded",
    id: "server-disk-full",
  },
  {
    title: "an earlier traceback where the last only wraps",
    entries: [
      entry(
        ERROR,
        `Encountered exception during execution:\n${traceback('psycopg2.errors.UndefinedTable: relation "raw.visits" does not exist')}`,
      ),
      entry(
        ERROR,
        `Encountered exception during execution:\n${traceback("prefect.exceptions.MissingResult: State data is missing.")}`,
      ),
      entry(ERROR, "Finished in state Failed('Flow run encountered an exception: MissingResult')"),
    ],
    stateMessage: "Flow run encountered an exception: MissingResult: State data is missing.",
    line: 'psycopg2.errors.UndefinedTable: relation "raw.visits" does not exist',
    id: "relation-missing",
  },
  {
    title: "not the one of a try that was repeated",
    entries: [
      entry(
        ERROR,
        `Task run failed with exception: OperationalError - Retry 1/3 will start 10 second(s) from now\n${traceback("psycopg2.OperationalError: could not connect to server: Connection refused")}`,
      ),
      entry(ERROR, traceback('psycopg2.errors.UndefinedTable: relation "raw.visits" does not exist')),
      entry(ERROR, traceback("RuntimeError: the step failed")),
    ],
    line: 'psycopg2.errors.UndefinedTable: relation "raw.visits" does not exist',
    id: "relation-missing",
  },
  {
    title: "a stack of Java by its last cause",
    entries: error(
      [
        "java.lang.RuntimeException: could not read the stream visits",
        "\tat io.airbyte.Source.read(Source.java:42)",
        "Caused by: com.zaxxer.hikari.pool.HikariPool$PoolInitializationException: Failed to initialize pool",
        "\tat com.zaxxer.hikari.Pool.init(Pool.java:7)",
        'Caused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "dalgo"',
        "\tat org.postgresql.Driver.connect(Driver.java:1)",
        "\t... 12 more",
      ].join("\n"),
    ),
    line: 'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "dalgo"',
    id: "db-signin-refused",
  },
  {
    title: "the state's message with a traceback in it",
    stateMessage: `Flow could not be retrieved from deployment.\n\n${traceback("FileNotFoundError: [Errno 2] No such file or directory: '/app/flows/survey.py'")}`,
    line: "Flow could not be retrieved from deployment. FileNotFoundError: [Errno 2] No such file or directory: '/app/flows/survey.py'",
    id: "pipeline-setup-broken",
  },
  {
    title: "the state's message with a chain in it",
    stateMessage: `Flow run encountered an exception: ${lines(traceback("ModuleNotFoundError: No module named 'dbt'"), "", CAUSED, "", traceback("ImportError: cannot load the flow"))}`,
    line: "ModuleNotFoundError: No module named 'dbt'",
    id: "pipeline-setup-broken",
  },
  {
    title: "SQLAlchemy's code and its link",
    entries: error(
      traceback(
        "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation \"visits\" does not exist\nLINE 1: SELECT * FROM visits\n                      ^\n\n[SQL: SELECT * FROM visits WHERE note = 'permission denied for table']\n(Background on this error at: https://sqlalche.me/e/14/f405)",
      ),
    ),
    line: 'sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation "visits" does not exist',
    id: "relation-missing",
  },
  {
    title: "git's message behind an exception",
    entries: error(
      traceback(
        "git.exc.GitCommandError: Cmd('git') failed due to: exit code(128)\n  cmdline: git pull origin main\n  stderr: 'fatal: Authentication failed for 'https://github.com/acme/dbt.git/''",
      ),
    ),
    line: "stderr: 'fatal: Authentication failed for 'https://github.com/acme/dbt.git/''",
    id: "git-access",
  },
]

describe("the technical line of a traceback", () => {
  it.each(cases)("is found for $title", ({ entries = [], stateMessage, line, id }) => {
    const found = findCause({ stateMessage, entries })
    expect([found.line, found.cause?.id]).toEqual([line, id])
  })

  it("is taken from the state where the log has none", () => {
    expect(findCause({ stateMessage: traceback("KeyError: 'ward'"), entries: [] })).toMatchObject({
      line: "KeyError: 'ward'",
      from: "state",
    })
    expect(findCause({ stateMessage: "", entries: error(traceback("KeyError: 'ward'")) })).toMatchObject({
      line: "KeyError: 'ward'",
      from: "log",
    })
  })
})
