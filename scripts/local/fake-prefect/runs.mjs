import { orgs } from "../demo-users.mjs"
import { deploymentId, failureOf, stepsOf } from "./failed-run.mjs"
import { stories } from "./failure-scenarios.mjs"

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MOST = 10_000

/** Keeps the newest entries only, so that a load test cannot fill the memory. */
function remember(map, key, value) {
  map.set(key, value)
  if (map.size > MOST) map.delete(map.keys().next().value)
  return value
}

/**
 * Every well-formed uuid is a run that failed a moment before it was first asked for. The steps that are flows of their
 * own are runs as well, once their parent was asked for.
 */
export function createRuns({ now = Date.now } = {}) {
  const endedAt = new Map()
  const orgOf = new Map()
  const parents = new Map()
  const slugs = new Set(orgs.map(({ slug }) => slug))

  function run(rawId) {
    const id = String(rawId).toLowerCase()
    if (!UUID.test(id)) return undefined
    const parentId = parents.get(id)
    if (parentId) {
      const parent = run(parentId)
      return { ...parent, id, parent, step: parent.steps.find((step) => step.id === id) }
    }
    const failure = failureOf(id)
    const endMs = endedAt.get(id) ?? remember(endedAt, id, now() - 3_000)
    const steps = stepsOf(id, failure)
    for (const step of steps) if (step.isSubflow) remember(parents, step.id, id)
    return { id, failure, steps, orgSlug: orgOf.get(id) ?? "acme", startMs: endMs - failure.durationMs, endMs }
  }

  function deployment(id) {
    for (const orgSlug of slugs)
      for (const story of stories)
        if (deploymentId(orgSlug, story.deployment) === id) return { id, orgSlug, name: story.deployment }
    return undefined
  }

  function register(id, orgSlug) {
    if (!UUID.test(id) || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(orgSlug) || (slugs.size >= 100 && !slugs.has(orgSlug)))
      return false
    slugs.add(orgSlug)
    remember(orgOf, id, orgSlug)
    return true
  }

  return { run, deployment, register }
}
