import { readDevVars } from "./dev-vars.mjs"

const WORDS = { missing: "is missing", invalid: "is not usable" }

/** A line for each variable or binding of the running worker that is missing or not usable. */
export async function configProblems({ worker }) {
  const serviceKey = readDevVars().SERVICE_KEYS?.split(",")[0]?.trim()
  const answer = await fetch(`${worker.url}/healthz`, { headers: { authorization: `Bearer ${serviceKey}` } })
  const { variables } = await answer.json()
  // Only a service key sees them.
  if (!variables) return [`  SERVICE_KEYS ${WORDS.invalid}: the others cannot be checked.`]
  return variables.map(({ name, problem, affects }) => `  ${name} ${WORDS[problem]}: ${affects}`)
}
