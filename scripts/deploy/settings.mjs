import { readFile } from "node:fs/promises"
import { loadSource } from "../build/load-source.mjs"

const RULES = `
export { findConfigProblems } from "./src/runtime/config"
export { VARIABLES } from "./src/runtime/variables"
`

/** The names in `.dev.vars.example`: every secret of the worker, whether to be set by a person or made here. */
async function secretNames() {
  const text = await readFile(new URL("../../.dev.vars.example", import.meta.url), "utf8")
  return Array.from(text.matchAll(/^#?\s?([A-Z][A-Z0-9_]*)=$/gm), ([, name]) => name)
}

/**
 * The variables that are missing or not usable, by the worker's own check: `{name, problem, affects, form, isSecret, example}`.
 * The values of secrets are not known here; `secrets` are the names of those that are set.
 */
export async function leftToSet({ config, secrets, url }) {
  const { findConfigProblems, VARIABLES } = await loadSource(RULES)
  const bindings = { SIGNALS: 1, SIGNALS_BULK: 1, DELIVERIES: 1, DELIVERIES_BULK: 1, EMAIL: 1, AI: 1 }
  const limits = Object.fromEntries(config.ratelimits.map(({ name }) => [name, 1]))
  const env = { ...bindings, ...limits, ...Object.fromEntries(secrets.map((name) => [name, "set"])), ...config.vars }
  const known = await secretNames()
  return findConfigProblems(env)
    .filter(({ name }) => name in VARIABLES && !secrets.includes(name))
    .map(({ name, problem, affects }) => ({
      name,
      problem,
      affects,
      form: VARIABLES[name].form,
      isSecret: known.includes(name),
      example: name === "PUBLIC_URL" && url ? url : undefined,
    }))
}
