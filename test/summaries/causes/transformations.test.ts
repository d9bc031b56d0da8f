import { describeCauses } from "./describe-causes"

describeCauses([
  {
    id: "dbt-test-failed",
    messages: [
      "Failure in test not_null_stg_visits_village_code (models/schema.yml)\n  Got 3 results, configured to fail if != 0\n\n  compiled code at target/compiled/x.sql",
      "Failure in test unique_visits_id (models/schema.yml)\n  Got 1 result, configured to fail if != 0",
      "WARNING: dbt test failed",
      "Failure in unit_test test_age_group (models/unit.yml)",
    ],
    not: [
      [
        "Warning in test not_null_visits_id (models/schema.yml)\n  Got 3 results, configured to warn if != 0",
        undefined,
      ],
      [
        'Database Error in model stg_visits (models/stg_visits.sql)\n  column "village_code" does not exist\nFailure in test unique_visits_id (models/schema.yml)\n  Got 1 result, configured to fail if != 0',
        "column-missing",
      ],
    ],
  },
  {
    id: "git-access",
    messages: [
      "remote: Invalid username or token. Password authentication is not supported for Git operations.\nfatal: Authentication failed for 'https://github.com/acme/dbt.git/'",
      "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
      "fatal: could not read Password for 'https://[redacted]@github.com': No such device or address",
      "remote: Repository not found.",
      "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
      "[e-mail]: Permission denied (publickey).",
      "remote: Support for password authentication was removed on August 13, 2021.",
      "remote: HTTP Basic: Access denied. The provided password or token is incorrect",
      "remote: Permission to acme/dbt.git denied to dalgo-bot.",
      "fatal: unable to access 'https://github.com/acme/dbt.git/': The requested URL returned error: 403",
      "Failed to clone repository 'https://github.com/acme/dbt.git' with exit code 128.\nfatal: Authentication failed for 'https://github.com/acme/dbt.git/'",
    ],
    not: [
      ["fatal: Remote branch main not found in upstream origin", "git-update-failed"],
      [
        "ssh: Could not resolve hostname github.com: Name or service not known\nfatal: Could not read from remote repository.",
        "dns",
      ],
      ["fatal: unable to access 'https://github.com/acme/dbt.git/': Could not resolve host: github.com", "dns"],
    ],
  },
  {
    id: "dbt-packages-missing",
    messages: [
      'Encountered an error:\nCompilation Error\n  dbt found 2 package(s) specified in packages.yml, but only 0 package(s) installed in dbt_packages. Run "dbt deps" to install package dependencies.',
      'Runtime Error\n  dbt found 1 package specified in packages.yml, but only 0 package installed in dbt_modules. Run "dbt deps" to install package dependencies.',
    ],
    not: [
      ["External connection exception occurred: HTTPSConnectionPool: Max retries exceeded", "dbt-packages-unreachable"],
    ],
  },
  {
    id: "dbt-packages-unreachable",
    messages: [
      "Encountered an error:\nExternal connection exception occurred: HTTPSConnectionPool(host='hub.getdbt.com', port=443): Max retries exceeded with url: /api/v1/index.json (Caused by NameResolutionError(\"Failed to resolve 'hub.getdbt.com'\"))",
      "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='hub.getdbt.com', port=443): Read timed out.",
      "requests.exceptions.HTTPError: 502 error for https://codeload.github.com/dbt-labs/dbt-utils/tar.gz/1.1.1",
      "External connection exception occurred: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
    ],
    not: [
      ["Could not find a matching version for package dbt-labs/dbt_utils", "dbt-version"],
      ["Installing from https://hub.getdbt.com/dbt-labs/dbt_utils/latest/", undefined],
    ],
  },
  {
    id: "dbt-version",
    messages: [
      "Runtime Error\n  This version of dbt is not supported with the 'dbt_utils' package.\n    Installed version of dbt: =1.4.5\n    Required version of dbt for 'dbt_utils': ['>=1.6.0', '<2.0.0']",
      "Could not find a matching version for package dbt-labs/dbt_utils\n  Requested range: =9.9.9, =9.9.9\n  Compatible versions: []",
      "Package dbt-labs/dbt_utilities was not found in the package index. Packages on the index require a namespace, e.g dbt-labs/dbt_utils",
      "Version error for package dbt-labs/dbt_utils: Could not find a satisfactory version from options: ['>1.1', '<1.0']",
    ],
    not: [
      ["dbt found 1 package(s) specified in packages.yml, but only 0 package(s) installed", "dbt-packages-missing"],
    ],
  },
  {
    id: "dbt-profile",
    messages: [
      "Encountered an error:\nRuntime Error\n  Could not find profile named 'acme'",
      "The profile 'dbt' does not have a target named 'prod'. The valid target names for this profile are: dev",
      "Parsing Error\n  Env var required but not provided: 'DBT_SCHEMA'",
      'Credentials in profile "dbt", target "dev" invalid: \'dbname\' is a required property',
      "Could not find adapter type athena!",
      "No dbt_project.yml found at expected path /mnt/x/dbt_project.yml",
      "fatal: Not a dbt project (or any of the parent directories). Missing dbt_project.yml file",
    ],
    not: [['FATAL: password authentication failed for user "dalgo"', "db-signin-refused"]],
  },
  {
    id: "dbt-compile",
    messages: [
      "Encountered an error:\nCompilation Error\n  Model 'model.acme.fct_visits' (models/fct_visits.sql) depends on a node named 'stg_visit' which was not found",
      "Compilation Error in model fct_visits (models/fct_visits.sql)\n  'dbt_utls' is undefined. This can happen when calling a macro that does not exist.",
      "Parsing Error\n  Error reading acme: models/schema.yml - Runtime Error\n    Syntax error near line 12",
      "Model 'fct' depends on a source named 'raw.visits' which was not found",
      "Found a cycle: model x depends on model y, which is not in the graph!",
      'dbt found two models with the name "stg_visits".',
    ],
    not: [
      ['Database Error in model fct (models/fct.sql)\n  relation "raw.visits" does not exist', "relation-missing"],
      ["XML Parsing Error: no element found", undefined],
    ],
  },
  {
    id: "relation-missing",
    messages: [
      'psycopg2.errors.UndefinedTable: relation "raw.visits" does not exist\nLINE 3: from raw.visits\n             ^',
      'schema "staging" does not exist',
      "404 Not found: Table acme-prod:raw.visits was not found in location asia-south1",
      "404 Not found: Dataset acme-prod:raw was not found in location US",
      "002003 (42S02): SQL compilation error:\nObject 'ANALYTICS.RAW.VISITS' does not exist or not authorized.",
      "(1146, \"Table 'programme.visits' doesn't exist\")",
      'Database Error in model fct_visits (models/fct_visits.sql)\n  relation "raw.visits" does not exist\n  LINE 14: from raw.visits\n  compiled code at target/run/fct.sql',
    ],
    not: [
      ["depends on a node named 'stg_visits' which was not found", "dbt-compile"],
      ['FATAL:  database "programme" does not exist', "db-signin-refused"],
      ['column "village" of relation "visits" does not exist', "column-missing"],
    ],
  },
  {
    id: "column-missing",
    messages: [
      'psycopg2.errors.UndefinedColumn: column "village_code" does not exist\nLINE 1: SELECT village_code FROM raw.visits\n               ^',
      "column v.village_code does not exist",
      'column "गाँव" of relation "visits" does not exist',
      "400 Unrecognized name: village_code; Did you mean village? at [3:12]",
      "000904 (42000): SQL compilation error: error line 3 at position 2\ninvalid identifier 'VILLAGE_CODE'",
      "Name village_code not found inside v at [4:9]",
      "(1054, \"Unknown column 'village_code' in 'field list'\")",
    ],
    not: [
      ['relation "raw.visits" does not exist', "relation-missing"],
      ['invalid input syntax for type integer: "twelve"', "value-unreadable"],
    ],
  },
  {
    id: "value-unreadable",
    messages: [
      "psycopg2.errors.NumericValueOutOfRange: integer out of range",
      'psycopg2.errors.InvalidTextRepresentation: invalid input syntax for type integer: "twelve"',
      'invalid input syntax for integer: ""',
      'invalid input syntax for type date: "31/02/2026"',
      'date/time field value out of range: "2026-13-45"\nHINT:  Perhaps you need a different "datestyle" setting.',
      "400 Bad double value: n/a",
      "Invalid date: '2026/31/12'",
      'Could not cast literal "abc" to type INT64 at [2:8]',
      "100038 (22018): Numeric value 'twelve' is not recognized",
      'Failed to parse input string "31-12-26"',
      'invalid value "abcd" for "YYYY"',
      "Could not parse datetime string: 2026-31-12",
      'value "99999999999" is out of range for type integer',
      "numeric field overflow",
      "(1366, \"Incorrect integer value: 'twelve' for column 'age' at row 1\")",
      "ValueError: could not convert string to float: 'n/a'",
    ],
    not: [
      ["operator does not exist: text = integer", "type-mismatch"],
      ['invalid input syntax for type integer: "Connection refused"', "value-unreadable"],
      ['column "age" does not exist', "column-missing"],
    ].filter(([, id]) => id !== "value-unreadable") as [string, string][],
  },
  {
    id: "type-mismatch",
    messages: [
      "operator does not exist: text = integer\nLINE 4: on a.id = b.id\nHINT:  No operator matches the given name and argument types.",
      "UNION types text and integer cannot be matched",
      "COALESCE types text and integer cannot be matched",
      'column "age" is of type integer but expression is of type text',
      "400 No matching signature for operator = for argument types: STRING, INT64.",
      "function round(double precision, integer) does not exist",
      'column "age" cannot be cast automatically to type integer',
      "Column 3 in UNION ALL has incompatible types: INT64, STRING at [9:1]",
      "Compilation Error in model fct_visits (models/fct_visits.sql)\n  This model has an enforced contract that failed.",
    ],
    not: [['invalid input syntax for type integer: "n/a"', "value-unreadable"]],
  },
  {
    id: "division-by-zero",
    messages: [
      "psycopg2.errors.DivisionByZero: division by zero",
      "400 division by zero: 12 / 0",
      "divisor is equal to zero",
      "100051 (22012): Division by zero",
      "Divide by zero error encountered.",
    ],
    not: [["numeric field overflow", "value-unreadable"]],
  },
  {
    id: "duplicate-key",
    messages: [
      "400 UPDATE/MERGE must match at most one source row for each target row",
      "100090 (42P18): Duplicate row detected during DML action",
      "ON CONFLICT DO UPDATE command cannot affect row a second time",
      'duplicate key value violates unique constraint "visits_pkey"\nDETAIL:  Key (id)=(12) already exists.',
      "(1062, \"Duplicate entry '12' for key 'visits.PRIMARY'\")",
    ],
    not: [
      [
        "Failure in test unique_visits_id (models/schema.yml)\n  Got 2 results, configured to fail if != 0",
        "dbt-test-failed",
      ],
      [
        'duplicate key value violates unique constraint "pg_type_typname_nsp_index"\nDETAIL:  Key (typname, typnamespace)=(stg_visits, 2200) already exists.',
        "db-conflict",
      ],
    ],
  },
  {
    id: "key-missing",
    messages: [
      'null value in column "id" violates not-null constraint',
      'null value in column "id" of relation "visits" violates not-null constraint\nDETAIL:  Failing row contains (null, Asha, 12).',
      "The primary key for stream visits is not defined",
      "Primary key is missing in record",
      "(1048, \"Column 'id' cannot be null\")",
    ],
    not: [['column "id" does not exist', "column-missing"]],
  },
  {
    id: "db-conflict",
    messages: [
      "deadlock detected\nDETAIL:  Process 12 waits for AccessExclusiveLock on relation 16402",
      "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
      "could not serialize access due to concurrent update",
      "1023 DETAIL: Serializable isolation violation on table - 1234",
      "canceling statement due to lock timeout",
      "Lock wait timeout exceeded; try restarting transaction",
      "tuple concurrently updated",
      "Exceeded rate limits: too many table update operations for this table",
      "400 Transaction is aborted due to concurrent update against table acme.visits",
      "canceling statement due to conflict with recovery",
      'duplicate key value violates unique constraint "pg_class_relname_nsp_index"',
    ],
    not: [["canceling statement due to statement timeout", "query-too-heavy"]],
  },
  {
    id: "query-too-heavy",
    messages: [
      "canceling statement due to statement timeout",
      "Statement reached its statement or warehouse timeout of 3,600 second(s) and was canceled.",
      "Resources exceeded during query execution: Not enough resources for query planning",
      "Query execution was interrupted, maximum statement execution time exceeded",
      "temporary file size exceeds temp_file_limit (1048576kB)",
      'out of memory\nDETAIL:  Failed on request of size 262144 in memory context "HashBatchContext".',
    ],
    not: [
      ["canceling statement due to lock timeout", "db-conflict"],
      ["Flow run exceeded timeout of 3600.0 second(s)", "run-timed-out"],
    ],
  },
])
