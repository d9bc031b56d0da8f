import { addresses } from "./local/addresses.mjs"
import { orgs } from "./local/demo-users.mjs"
import { sendSampleFailure } from "./local/send-sample-failure.mjs"

try {
  const org = process.argv[2] ?? "acme"
  if (!orgs.some(({ slug }) => slug === org))
    throw new Error(`There is no organisation "${org}" here. There are: ${orgs.map(({ slug }) => slug).join(", ")}.`)
  const run = await sendSampleFailure({ ...addresses(), org })
  console.log(`Reported to ${org}: ${run.name} of ${run.deployment} entered state ${run.state} (${run.id}).`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
