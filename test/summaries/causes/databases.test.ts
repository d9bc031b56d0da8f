import { describeCauses } from "./describe-causes"

describeCauses([
  {
    id: "db-user-locked",
    messages: [
      "250001 (08001): Failed to connect to DB. User temporarily locked. Try again later, or contact your local system administrator.",
      "390101 (08001): User access disabled. Contact your local system administrator.",
      "Access denied for user 'dalgo'@'10.2.3.4'. Account is locked.",
      'FATAL:  role "dalgo_reader" is not permitted to log in',
    ],
    not: [["Incorrect username or password was specified.", "db-signin-refused"]],
  },
  {
    id: "db-signin-refused",
    messages: [
      'connection to server at "10.2.3.4", port 5432 failed: FATAL:  password authentication failed for user "dalgo"',
      "(1045, \"Access denied for user 'dalgo'@'10.2.3.4' (using password: YES)\")",
      "250001 (08001): Incorrect username or password was specified.",
      "JWT token is invalid. [5b1c7a]",
      "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential",
      "bad auth : Authentication failed., code 8000 (AtlasError)",
      "pymongo.errors.OperationFailure: Authentication failed., full error: {'ok': 0.0, 'errmsg': 'Authentication failed.', 'code': 18, 'codeName': 'AuthenticationFailed'}",
      "Your password has expired. To log in you must change it using a client that supports expired passwords.",
      'FATAL: database "programme" does not exist',
      'FATAL:  role "dalgo" does not exist',
      "(1049, \"Unknown database 'programme'\")",
      "Multi-factor authentication is required for this account. Log in to Snowsight to enroll.",
      "fe_sendauth: no password supplied",
    ],
    not: [
      ["permission denied for table visits", "db-permission"],
      ['FATAL: no pg_hba.conf entry for host "3.4.5.6", user "dalgo", database "programme", SSL off', "db-not-let-in"],
      ['psycopg2.errors.UndefinedTable: relation "visits" does not exist', "relation-missing"],
    ],
  },
  {
    id: "db-not-let-in",
    messages: [
      'FATAL:  no pg_hba.conf entry for host "3.4.5.6", user "dalgo", database "programme", no encryption',
      "Incoming request with IP/Token 3.4.5.6 is not allowed to access Snowflake. Contact your account administrator.",
      "Host '3.4.5.6' is not allowed to connect to this MySQL server",
      "server does not support SSL, but SSL was required",
      "Unsecured connection not allowed. Please use an encrypted connection.",
      "FATAL: SSL connection is required. Please specify SSL options and retry.",
    ],
    not: [
      ["could not connect to server: Connection timed out", "unreachable"],
      ["SSL: CERTIFICATE_VERIFY_FAILED certificate verify failed: certificate has expired", "tls-certificate"],
    ],
  },
  {
    id: "db-too-many-connections",
    messages: [
      "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
      "FATAL: sorry, too many clients already",
      'too many connections for role "dalgo"',
      '(1040, "Too many connections")',
      "User dalgo already has more than 'max_user_connections' active connections",
      "MaxClientsInSessionMode: max clients reached",
    ],
    not: [["HikariPool-1 - Connection is not available, request timed out after 60000ms.", "unreachable"]],
  },
  {
    id: "warehouse-read-only",
    messages: [
      "cannot execute CREATE TABLE in a read-only transaction",
      "ERROR: cannot execute INSERT in a read-only transaction",
      "The MySQL server is running with the --read-only option so it cannot execute this statement",
      "The MySQL server is running with the --super-read-only option",
    ],
    not: [
      ['could not extend file "base/16384/2619": No space left on device', "warehouse-disk-full"],
      ["permission denied for table visits", "db-permission"],
    ],
  },
  {
    id: "warehouse-disk-full",
    messages: [
      'could not extend file "base/16384/2619": No space left on device\nHINT:  Check free disk space.',
      'could not write to file "base/pgsql_tmp/pgsql_tmp1234.0": No space left on device',
      'could not extend file "base/16384/2619": wrote only 4096 of 8192 bytes at block 12',
      "could not extend file because project size limit (512 MB) has been exceeded",
      "ERROR: Disk Full  Detail: node 1 has no space",
      "(1114, \"The table '/tmp/#sql1_2' is full\")",
    ],
    not: [["OSError: [Errno 28] No space left on device: '/mnt/clients/dbt/target/manifest.json'", "server-disk-full"]],
  },
  {
    id: "server-disk-full",
    messages: [
      "OSError: [Errno 28] No space left on device: '/home/dalgo/logs/dbt.log'",
      "fatal: write error: No space left on device",
      "OSError: [Errno 122] Disk quota exceeded",
    ],
    not: [
      ['could not open file "pg_wal/000000010000": No space left on device', "warehouse-disk-full"],
      ['could not write to file "base/pgsql_tmp/x": No space left on device', "warehouse-disk-full"],
      [
        'could not resize shared memory segment "/PostgreSQL.12" to 8388608 bytes: No space left on device',
        "query-too-heavy",
      ],
    ],
  },
  {
    id: "bigquery-billing",
    messages: [
      "403 Access Denied: BigQuery BigQuery: Streaming insert is not allowed in the free tier",
      "Billing has not been enabled for this project. Enable billing at the console.",
      '{"domain": "global", "reason": "billingNotEnabled"}',
      "The billing account for the owning project is disabled in state absent: billing account 01 is disabled",
    ],
    not: [["Custom quota exceeded: Your usage exceeded the custom quota for QueryUsagePerDay", "bigquery-quota"]],
  },
  {
    id: "bigquery-quota",
    messages: [
      "403 Quota exceeded: Your project exceeded quota for free query bytes scanned.",
      "Quota exceeded: Your table exceeded quota for imports or query appends per table",
      '{"reason": "quotaExceeded", "location": "unbilled.analysis"}',
      "Custom quota exceeded: Your usage exceeded the custom quota for QueryUsagePerUserPerDay",
      "Query exceeded limit for bytes billed: 1000000000. 2147483648 or higher required.",
    ],
    not: [
      ["Billing has not been enabled for this project", "bigquery-billing"],
      ["Exceeded rate limits: too many table update operations for this table", "db-conflict"],
      [
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'",
        "source-rate-limit",
      ],
    ],
  },
  {
    id: "snowflake-paused",
    messages: [
      "000666 (57014): Your free trial has ended and all of your virtual warehouses have been suspended.",
      "Your account is suspended due to lack of payment method.",
      "Warehouse 'TRANSFORMING' cannot be resumed because resource monitor 'MONTHLY' has exceeded its quota.",
      "000606 (57P03): No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.",
    ],
    not: [["Incorrect username or password was specified.", "db-signin-refused"]],
  },
  {
    id: "db-permission",
    messages: [
      "permission denied for table visits",
      "permission denied for schema staging",
      "permission denied for relation visits",
      "must be owner of table visits",
      "SELECT command denied to user 'dalgo'@'10.2.3.4' for table 'visits'",
      "(1044, \"Access denied for user 'dalgo'@'%' to database 'programme'\")",
      "SQL access control error: Insufficient privileges to operate on schema 'STAGING'",
      'not authorized on programme to execute command { find: "visits" }',
      "user is not allowed to do action [find] on [programme.visits]",
      "403 Access Denied: Project acme: User does not have bigquery.jobs.create permission in project acme.",
      "Permission bigquery.tables.create denied on dataset acme:staging",
      "403 Access Denied: BigQuery BigQuery: Permission denied while getting Drive credentials.",
    ],
    not: [
      ["PermissionError: [Errno 13] Permission denied: '/mnt/dbt/logs'", "pipeline-setup-broken"],
      ["403 Access Denied: BigQuery BigQuery: DML queries are not allowed in the free tier", "bigquery-billing"],
      ["git@github.com: Permission denied (publickey).", "git-access"],
    ],
  },
  {
    id: "replication-position-lost",
    messages: [
      "Saved offset is before replication slot's confirmed lsn. Please reset the connection",
      'replication slot "airbyte_slot" does not exist',
      "Could not find first log file name in binary log index file",
      "requested WAL segment 0000000100000A has already been removed",
      "Resume of change stream was not possible, as the resume point may no longer be in the oplog.",
    ],
    not: [
      [
        "Saved offset is before Replication Slot's confirmed_flush_lsn, Airbyte will trigger sync from scratch",
        undefined,
      ],
    ],
  },
  {
    id: "dependent-views",
    messages: [
      "cannot drop table raw.visits because other objects depend on it",
      "cannot alter type of a column used by a view or rule",
      "Failed to drop table without the CASCADE option. Consider changing the drop cascade option.",
    ],
    not: [["must be owner of table visits", "db-permission"]],
  },
  {
    id: "too-many-columns",
    messages: [
      "Size limit exceeded, please check your configuration, this is often related to a high number of fields.",
      "tables can have at most 1600 columns",
      "target lists can have at most 1664 entries",
      "row is too big: size 8456, maximum size 8160",
    ],
    not: [["CSV has more columns than the heading row", "file-unreadable"]],
  },
])
