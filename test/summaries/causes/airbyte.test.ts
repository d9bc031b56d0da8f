import { describeCauses } from "./describe-causes"

describeCauses([
  {
    id: "structure-changed",
    messages: [
      "[refresh_schema] Source schema has changed",
      "The source has a breaking change. Review the changes to continue syncing.",
      "Airbyte has automatically disabled your connection because of its propagation setting",
      "This source schema change will cause broken syncs until it is reviewed",
    ],
    not: [
      ["The source has a non-breaking change that was propagated", undefined],
      ["Detected a non breaking schema change", undefined],
      ["No breaking changes were found", undefined],
      ['column "village_code" does not exist', "column-missing"],
    ],
  },
  {
    id: "connection-disabled",
    messages: [
      "Your connection from Kobo to Warehouse was automatically disabled because it failed 30 times consecutively.",
      "Connection 8d2f-1 is inactive",
      "prefect_airbyte.exceptions.AirbyteConnectionInactiveException: please enable the connection",
    ],
    not: [
      [
        "Your connection is scheduled to be automatically disabled because it failed 20 times. Connection Kobo is inactive after that",
        undefined,
      ],
    ],
  },
  {
    id: "out-of-memory",
    messages: [
      "Process for flow run 'teal-owl' exited with status code: -9; This indicates that the process exited due to a SIGKILL signal. Typically, this is either caused by manual cancellation or high memory usage",
      "Flow run infrastructure exited with non-zero status code 137.",
      "java.lang.OutOfMemoryError: Java heap space",
      "Pod terminated with reason OOMKilled",
      "numpy.core._exceptions.MemoryError: Unable to allocate 2.1 GiB",
      "Process exited with return code: 247",
      "command terminated with exit code 137",
      "subprocess died with <Signals.SIGKILL: 9>",
      "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
      "signal: killed",
    ],
    not: [
      ["Process for flow run 'teal-owl' exited with status code: 143; SIGTERM", "run-stopped"],
      ["out of memory\nDETAIL:  Failed on request of size 8192", "query-too-heavy"],
    ],
  },
  {
    id: "sync-stalled",
    messages: [
      "[heartbeat_timeout] Airbyte detected that the Source didn't send any records in the last 90 minutes, exceeding the configured 60 minutes threshold.",
      "[destination_timeout] Airbyte detected that the Destination didn't make progress in the last 2 hours",
      "The source is unresponsive",
      "Airbyte detected that the Source did not send any data in the last 90 minutes",
    ],
    not: [["activity Heartbeat timeout", "airbyte-worker-lost"]],
  },
  {
    id: "airbyte-worker-lost",
    messages: [
      "Airbyte could not start the sync process or track the progress of the sync.",
      "Airbyte could not track the sync progress.",
      "Workload exited without reporting status",
      "No data-plane available for the region",
      "Running the launcher replication-orchestrator failed",
      "Cannot find pod while trying to retrieve exit code. This probably means the pod was not correctly created.",
      "message='activity Heartbeat timeout', timeoutType=TIMEOUT_TYPE_HEARTBEAT",
      "No exit code found, process may still be running",
      "Pod was Evicted: node was low on resource",
      "sync workload timeout was reached",
    ],
    not: [
      ["Running the launcher replication-orchestrator failed: OOMKilled", "out-of-memory"],
      ["[heartbeat_timeout] The source is unresponsive", "sync-stalled"],
    ],
  },
  {
    id: "source-check-failed",
    messages: [
      "Checking source connection failed - please review this connection's configuration to prevent future syncs from failing",
      "Checking destination connection failed",
      "Failed to get source schema catalogs",
      "Discovering schema failed",
      "Schema discovery failed for the source",
      "Failed to fetch schema. Please try again",
    ],
    not: [
      [
        'Checking source connection failed - FATAL: password authentication failed for user "dalgo"',
        "db-signin-refused",
      ],
      ["Failed to fetch schema: HTTP Status Code: 503", "source-down"],
    ],
  },
])
