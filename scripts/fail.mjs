import { demoOrgs } from "./local/demo-users.mjs"
import { findInstance } from "./local/running-instances.mjs"
import { sendSampleFailure } from "./local/send-sample-failure.mjs"

try {
  const org = process.argv[2] ?? "acme"
  if (!demoOrgs.some(({ slug }) => slug === org))
    throw new Error(`There is no organisation "${org}". Choose one of: ${demoOrgs.map(({ slug }) => slug).join(", ")}.`)
  const instance = findInstance()
  const run = await sendSampleFailure({ ...instance, org })
  console.log(
    `Sent to ${instance.worker.url}: the run ${run.name} of the pipeline ${run.deployment} (${org}) failed. State ${run.state}, id ${run.id}.`,
  )
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
