// Adds up vitest's JSON reports and prints `tests: N passed, N failed`. A report that is missing or empty fails:
// a run that tested nothing must not look like one that passed.
import { readFileSync } from "node:fs"

let passed = 0
let failed = 0
for (const path of process.argv.slice(2)) {
  let report
  try {
    report = JSON.parse(readFileSync(path, "utf8"))
  } catch {
    report = { numTotalTests: 0 }
  }
  passed += report.numPassedTests ?? 0
  // A suite that did not load has no tests to count, and a skipped test has shown nothing.
  const unshown = report.testResults?.filter((file) => file.status === "failed" && file.assertionResults.length === 0)
  failed += (report.numFailedTests ?? 0) + (report.numPendingTests ?? 0) + (unshown?.length ?? 0)
  if (!report.numTotalTests) failed += 1
}
console.log(`tests: ${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
