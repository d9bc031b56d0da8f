/** Lines that say only that something failed. They are shown only where nothing better stands. */
const NO_CAUSE = [
  /\bJob \d{1,20} (?:failed|running|pending|incomplete|cancelled)/i,
  /AirbyteSyncJobFailed/i,
  /\d{1,6} airbyte sync\(s\) failed|airbyte sync failed/i,
  /PID \d{1,10} failed with return code \d/i,
  /Command '[^\n]{0,600}' returned non-zero exit status|Command failed with (?:exit|return) code \d/i,
  /Something went wrong (?:during replication|within the|in the connector)/i,
  /An unknown failure occurred/i,
  /Destination process message delivery failed|Source process read attempt failed/i,
  /\bMissingResult\b/i,
  /(?:Task|Flow) run (?:failed with exception|encountered an exception\W{0,3}$)/i,
  /Retries are exhausted|No attempts left/i,
  /HTTP Status Code: 400\b/i,
  /Finished in state /i,
  /^(?:Encountered (?:an )?exception during execution|Exception|Failed|Crashed|Error|ERROR|None|null)\W{0,4}$/i,
  /\b(?:state|flow run|task run)\b.{0,40}\b(?:failed|crashed)\W{0,3}$/i,
  /\d{1,6}(?: of |\/)\d{1,6} states failed/i,
  /exited with non-zero status code:? \d/i,
  /exited with status code:? 1\b/i,
]

/** No part of an error: places, links to documentation, separators. */
const NEVER =
  /^\s{0,200}(?:Location: |Job ID: |https?:\/\/\S{0,500}$|[^\p{L}\p{N}]{1,400}$|Done\. PASS=|Completed with \d|compiled (?:code|SQL) at )/iu

export const namesNoCause = (line: string) => NO_CAUSE.some((pattern) => pattern.test(line))

export const isNoLine = (line: string) => line.trim() === "" || NEVER.test(line)
