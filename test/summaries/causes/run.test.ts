import { describeCauses } from "./describe-causes"

describeCauses([
  {
    id: "run-timed-out",
    messages: [
      "Flow run exceeded timeout of 7200.0 second(s)",
      "Task run exceeded timeout of 900.0 second(s)",
      "TimedOut('Flow run exceeded timeout of 60.0 seconds', type=FAILED)",
    ],
    not: [
      ["canceling statement due to statement timeout", "query-too-heavy"],
      ["could not connect to server: Connection timed out", "unreachable"],
    ],
  },
  {
    id: "run-stopped",
    messages: [
      "Flow run was aborted by a termination signal.",
      "Execution was cancelled by the runtime environment.",
      "Process for flow run 'teal-owl' exited with status code: -15; This indicates that the process exited due to a SIGTERM signal.",
      "Flow run process exited with exit code: 143",
      "Execution was aborted by Python system exit call.",
    ],
    not: [
      ["Process for flow run 'teal-owl' exited with status code: -9; SIGKILL", "out-of-memory"],
      ["[manual_cancellation] This attempt was cancelled", "cancelled-by-hand"],
    ],
  },
  {
    id: "run-not-started",
    messages: [
      "Deployment concurrency limit reached.",
      "Concurrency limit for the dbt tag has been reached",
      "AwaitingConcurrencySlot",
    ],
    not: [["This visit was entered late", undefined]],
  },
  {
    id: "pipeline-setup-broken",
    messages: [
      "ModuleNotFoundError: No module named 'prefect_airbyte'",
      "Flow could not be retrieved from deployment.",
      "prefect.exceptions.ScriptError: Script at '/app/flows/survey.py' encountered an exception",
      "ValueError: Unable to find block document named acme-dbt for block type dbt-core",
      "Deployment not found",
      "PermissionError: [Errno 13] Permission denied: 'dbt_logs'",
      "FileNotFoundError: [Errno 2] No such file or directory: '/app/flows/survey.py'",
    ],
    not: [
      ["permission denied for table visits", "db-permission"],
      ["No files were identified in the stream", "files-none"],
      ["File not found: 1AbCdEfGhIjKlMnOpQrStUvWxYz.", "source-not-found"],
    ],
  },
  {
    id: "run-could-not-start",
    messages: [
      "Flow run could not be submitted to infrastructure: ValueError('no slot')",
      "The process could not be started",
      "Back-off pulling image: ImagePullBackOff",
      'docker.errors.ImageNotFound: 404 Client Error for http+docker://localhost/v1.41/images/create: Not Found ("pull access denied for dalgo/flows")',
      "manifest for dalgo/flows:2 not found: manifest unknown: manifest unknown",
    ],
    not: [["docker: write /var/lib/docker: no space left on device", "server-disk-full"]],
  },
])
