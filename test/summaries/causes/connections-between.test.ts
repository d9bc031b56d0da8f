import { describeCauses } from "./describe-causes"

describeCauses([
  {
    id: "sync-already-running",
    messages: [
      "A sync is already running for: 8d2f",
      "Client error '409 Conflict' for url 'http://airbyte:8000/api/v1/connections/sync'",
      "io.airbyte.commons.server.errors.ValueConflictKnownException: A sync is already running",
      "HTTP Status 409: conflict",
    ],
    not: [
      ["Client error '403 Forbidden' for url 'http://airbyte:8000/api/v1/connections/sync'", "dalgo-part-unreachable"],
    ],
  },
  {
    id: "dalgo-part-unreachable",
    messages: [
      "httpx.ConnectError: All connection attempts failed",
      "Failed to connect to API at http://127.0.0.1:4200/api/",
      "httpx.ReadTimeout",
      "httpx.PoolTimeout",
      "Server error '502 Bad Gateway' for url 'http://airbyte:8000/api/v1/jobs/get'",
      "Client error '401 Unauthorized' for url 'http://prefect:4200/api/deployments/filter'",
      "prefect_airbyte.exceptions.AirbyteServerNotHealthyException: AirbyteServerNotHealthy",
      "prefect.exceptions.PrefectHTTPStatusError: Server error",
      "Request to http://prefect:4200/api/flow_runs/ failed: 503",
    ],
    not: [
      ['connection to server at "10.2.3.4", port 5432 failed: Connection refused', "unreachable"],
      ["requests.exceptions.ConnectionError: Failed to resolve 'api.example.org'", "dns"],
      ["502 Server Error: Bad Gateway for url: https://kf.kobotoolbox.org/api/v2/assets.json", "source-down"],
    ],
  },
  {
    id: "tls-certificate",
    messages: [
      "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1007)",
      "sun.security.validator.ValidatorException: PKIX path building failed",
      "certificate verify failed: certificate has expired",
      'root certificate file "/home/dalgo/root.crt" does not exist',
      "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
    ],
    not: [["server does not support SSL, but SSL was required", "db-not-let-in"]],
  },
  {
    id: "dns",
    messages: [
      'could not translate host name "db.example.org" to address: Name or service not known',
      "socket.gaierror: [Errno -2] Name or service not known",
      "[Errno -3] Temporary failure in name resolution",
      "java.net.UnknownHostException: db.example.org",
      "getaddrinfo ENOTFOUND db.example.org",
      "Max retries exceeded with url: /forms (Caused by NameResolutionError(\"Failed to resolve 'kc.example.org'\"))",
      "fatal: unable to access 'https://github.com/acme/dbt.git/': Could not resolve host: github.com",
    ],
    not: [
      ['connection to server at "db.example.org" failed: Connection refused', "unreachable"],
      ["External connection exception occurred: Failed to resolve 'hub.getdbt.com'", "dbt-packages-unreachable"],
    ],
  },
  {
    id: "unreachable",
    messages: [
      'connection to server at "10.2.3.4", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?',
      "could not connect to server: Connection timed out",
      'connection to server at "10.2.3.4", port 5432 failed: timeout expired',
      "No route to host",
      "[Errno 101] Network is unreachable",
      "Max retries exceeded with url: /forms (Caused by ConnectTimeoutError(...))",
      "Timed out after 30000 ms while waiting to connect. Client view of cluster state is {type=UNKNOWN}",
      "HikariPool-1 - Connection is not available, request timed out after 60001ms.",
      "The connection attempt failed.",
      "Communications link failure",
      "Could not connect with provided SSH configuration. Error: Timed out while opening a SSH Tunnel",
      "(2003, \"Can't connect to MySQL server on 'db.example.org' (110)\")",
    ],
    not: [
      ['FATAL: no pg_hba.conf entry for host "3.4.5.6"', "db-not-let-in"],
      ['FATAL: password authentication failed for user "dalgo"', "db-signin-refused"],
      ["server closed the connection unexpectedly", "connection-lost"],
      ["Cannot connect to the Docker daemon: connection refused", "run-could-not-start"],
    ],
  },
  {
    id: "connection-lost",
    messages: [
      "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.",
      "SSL SYSCALL error: EOF detected",
      "SSL connection has been closed unexpectedly",
      "[Errno 104] Connection reset by peer",
      "BrokenPipeError: [Errno 32] Broken pipe",
      "An I/O error occurred while sending to the backend.",
      "com.mongodb.MongoSocketReadException: Prematurely reached end of stream",
      "FATAL:  the database system is starting up",
      "terminating connection due to administrator command",
      "(2013, 'Lost connection to MySQL server during query')",
      "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
    ],
    not: [["could not connect to server: Connection refused", "unreachable"]],
  },
  {
    id: "git-update-failed",
    messages: [
      "warning: Could not find remote branch prod to clone.\nfatal: Remote branch prod not found in upstream origin",
      "fatal: couldn't find remote ref prod",
      "error: Your local changes to the following files would be overwritten by merge:\n\tmodels/stg.sql",
      "fatal: Need to specify how to reconcile divergent branches.",
      "fatal: Not possible to fast-forward, aborting.",
      "Automatic merge failed; fix conflicts and then commit the result.",
      "fatal: refusing to merge unrelated histories",
      "RuntimeError: Failed to clone repository 'https://github.com/acme/dbt.git' with exit code 128",
    ],
    not: [
      ["Failed to clone repository: remote: Repository not found.", "git-access"],
      ["Failed to clone repository: Could not resolve host: github.com", "dns"],
    ],
  },
])
