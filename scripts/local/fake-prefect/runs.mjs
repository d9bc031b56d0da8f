import { demoOrgs } from "../demo-users.mjs"
import { deploymentIdFor, failureOfRun, stepsOfRun, uuidFrom } from "./failed-run.mjs"
import { failureScenarios } from "./failure-scenarios.mjs"

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MAX_ENTRIES = 10_000
const DAY_MS = 24 * 60 * 60 * 1000

/** Keeps the newest 10,000 entries, so that a load test cannot fill the memory. */
function setBounded(map, key, value) {
  map.set(key, value)
  if (map.size > MAX_ENTRIES) map.delete(map.keys().next().value)
  return value
}

/**
 * The runs and deployments of the fake Prefect. Every valid UUID is a run that failed 3 seconds before its first request.
 * Subflow steps are runs as well, once their parent run was requested.
 */
export function createRuns({ now = Date.now } = {}) {
  const endedAt = new Map()
  const orgOf = new Map()
  const parents = new Map()
  const slugs = new Set(demoOrgs.map(({ slug }) => slug))

  function run(rawId) {
    const id = String(rawId).toLowerCase()
    if (!UUID.test(id)) return undefined
    const parentId = parents.get(id)
    if (parentId) {
      const parent = run(parentId)
      return { ...parent, id, parent, step: parent.steps.find((step) => step.id === id) }
    }
    const failure = failureOfRun(id)
    const endMs = endedAt.get(id) ?? setBounded(endedAt, id, now() - 3_000)
    const steps = stepsOfRun(id, failure)
    for (const step of steps) if (step.isSubflow) setBounded(parents, step.id, id)
    return { id, failure, steps, orgSlug: orgOf.get(id) ?? "acme", startMs: endMs - failure.durationMs, endMs }
  }

  function deployment(id) {
    for (const orgSlug of slugs)
      for (const scenario of failureScenarios)
        if (deploymentIdFor(orgSlug, scenario.deployment) === id) return { id, orgSlug, name: scenario.deployment }
    return undefined
  }

  /** The run of this deployment that went through a day ago. */
  function completedRun(id) {
    const { orgSlug } = deployment(id) ?? {}
    if (!orgSlug) return undefined
    const scenario = failureScenarios.find(({ deployment: name }) => deploymentIdFor(orgSlug, name) === id)
    const endMs = now() - DAY_MS
    const failure = { ...scenario, name: "quiet-heron", stateType: "COMPLETED", stateName: "Completed", message: null }
    return { id: uuidFrom("completed", id), failure, orgSlug, startMs: endMs - 240_000, endMs }
  }

  function register(id, orgSlug) {
    if (!UUID.test(id) || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(orgSlug) || (slugs.size >= 100 && !slugs.has(orgSlug)))
      return false
    slugs.add(orgSlug)
    setBounded(orgOf, id, orgSlug)
    return true
  }

  return { run, deployment, completedRun, register }
}
