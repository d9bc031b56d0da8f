import type { Cause } from "./cause"

/** Airbyte's own words for a sync that it did not start, stopped or lost. */
export const AIRBYTE_CAUSES: Cause[] = [
  {
    id: "structure-changed",
    who: "admin",
    waitingHelps: "no",
    patterns: [
      /\[refresh_schema\]/im,
      /(?<!non[- ]|\bno |without )\bbreaking (?:schema )?change/im,
      /disabled (?:your|this) connections?[^\n]{0,80}(?:propagation setting|schema change)/im,
      /source schema change will cause broken syncs/im,
    ],
    says: "Tables or columns of {source} have changed so much that Airbyte has stopped {connection}.",
    meaning: "D1",
    advice:
      "Your admin reviews the changes in the connection's settings in Dalgo, accepts them, and switches it on again; then look whether your dashboards still fit.",
  },
  {
    id: "connection-disabled",
    who: "admin",
    waitingHelps: "no",
    patterns: [
      /was automatically disabled because it failed/im,
      /Connection [^\n]{0,80}is (?:inactive|disabled|deprecated)/im,
      /AirbyteConnectionInactive/im,
    ],
    unless: /scheduled to be/im,
    says: "Airbyte has switched off {connection} because it failed too often; it does not start by itself any more.",
    meaning: "D1",
    advice:
      "Your admin mends what made it fail (the last failure of this connection names it), then switches it on again in the connection's settings in Dalgo.",
  },
  {
    id: "out-of-memory",
    who: "dalgo",
    waitingHelps: "maybe",
    patterns: [
      /\bSIGKILL\b/im,
      /\bOOM ?Killed|OutOfMemoryError|Java heap space|out-of-memory|heap out of memory|signal: killed/im,
      /\bMemoryError\b/im,
      /\b(?:status|exit|return) (?:code|status)[:=]? ?(?:-9|137|247)\b|\bexited with (?:code |status )?(?:-9|137|247)\b/im,
      /^Killed\s{0,4}$|\bline \d{1,6}:\s{1,8}\d{1,9} Killed\b/im,
    ],
    says: "{pipeline} was stopped by the computer it runs on, most likely because it needed too much memory.",
    meaning: "D2",
    advice:
      "Nothing to do at first. If it comes back, ask Dalgo's team for more memory, or your admin has it read fewer tables at a time.",
  },
  {
    id: "sync-stalled",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [
      /\[(?:heartbeat|destination)_timeout\]/im,
      /(?:didn't|did not) send any (?:records|data) in the last/im,
      /Destination didn't make progress in the last/im,
      /The source is unresponsive/im,
    ],
    says: ({ duration }) =>
      `Airbyte stopped {connection} because {system} had done nothing for ${duration ? "{duration}" : "too long"}.`,
    meaning: "D2",
    advice:
      "Nothing to do: Airbyte goes on at the next run. If it fails a third time, tell the owner of {source}; large sources may need to be read in smaller parts.",
  },
  {
    id: "airbyte-worker-lost",
    who: "dalgo",
    waitingHelps: "yes",
    patterns: [
      /Airbyte could not (?:start the (?:sync )?process|track the sync progress)/im,
      /exited without reporting status/im,
      /No data-?plane available/im,
      /Running the launcher replication-orchestrator failed/im,
      /Cannot find pod while trying to retrieve exit code/im,
      /activity Heartbeat timeout|TIMEOUT_TYPE_HEARTBEAT/im,
      /No exit code found/im,
      /\bEvicted\b/im,
      /sync workload timeout/im,
    ],
    says: "Airbyte could not start {connection}, or lost sight of it while it ran.",
    meaning: "D2",
    advice: "Nothing to do on your side: the next run usually goes through. If it comes back, tell Dalgo's team.",
  },
  {
    id: "source-check-failed",
    who: "admin",
    waitingHelps: "maybe",
    patterns: [],
    wrappingPatterns: [
      /Checking (?:source|destination) connection failed/im,
      /Failed to get source schema catalogs/im,
      /(?:Discovery schema|Schema discovery|Discover(?:ing)? schema) failed/im,
      /Failed to fetch schema/im,
      /DiscoverCatalogWorkflow/im,
    ],
    says: "Airbyte could not open {system}, or could not read its list of tables.",
    meaning: "D1",
    advice:
      "Your admin opens the settings of {system} in Dalgo and tests the connection; the test names what is wrong.",
  },
]
