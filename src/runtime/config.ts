import { log } from "./log"
import { BINDINGS, notUsable, type Variable, VARIABLES } from "./variables"

type Name = keyof typeof VARIABLES

/**
 * The worker's variables and secrets. Each is parsed when it is first read, and reading one that is not usable throws
 * `MisconfiguredError`. Read a variable where it is needed, so that nothing else fails with it.
 */
export type Config = { readonly [N in Name]: (typeof VARIABLES)[N]["unset"] }

const NAMES = Object.keys(VARIABLES) as Name[]

const configs = new WeakMap<object, Config>()

/** The variables of this environment. There is one object for it in each isolate, so that each is parsed once. */
export function configFrom(env: Env): Config {
  const known = configs.get(env)
  if (known) return known
  const config = {}
  for (const name of NAMES) {
    Object.defineProperty(config, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = read(env, name)
        Object.defineProperty(config, name, { enumerable: true, value })
        return value
      },
    })
  }
  configs.set(env, config as Config)
  return config as Config
}

/** Parses a variable. A value that is used in part is logged, since nothing fails that would tell of it. */
function read(env: Env, name: Name): unknown {
  const variable: Variable<unknown> = VARIABLES[name]
  const text = toText(env[name])
  if (text === "") return variable.unset
  const parsed = text === undefined ? undefined : variable.parse(text)
  if (parsed) return parsed.value
  const salvaged = text === undefined ? undefined : variable.salvage?.(text)
  if (!salvaged) throw notUsable(name)
  log({ event: "misconfigured", reason: notUsable(name).message })
  return salvaged.value
}

/** A variable in wrangler.toml may also be a number, a boolean or a list. `undefined` for anything else. */
function toText(value: unknown): string | undefined {
  switch (typeof value) {
    case "undefined":
      return ""
    case "string":
      return value.trim()
    case "number":
    case "boolean":
      return String(value)
    default: {
      const isList = Array.isArray(value) && value.every((item) => typeof item === "string")
      return isList ? value.join(",") : undefined
    }
  }
}

/** A variable or binding that is missing or not usable. It never has the value. */
export type ConfigProblem = { name: string; problem: "missing" | "invalid"; affects: string }

/** Everything that is missing or not usable, in the order of docs/operations.md. */
export function findConfigProblems(env: Env): ConfigProblem[] {
  const text = (name: string) => toText(env[name]) ?? ""
  const variables = NAMES.flatMap((name): ConfigProblem[] => {
    const { parse, affects, isNeeded }: Variable<unknown> = VARIABLES[name]
    const given = toText(env[name])
    if (given === "") return isNeeded?.(text) ? [{ name, problem: "missing", affects }] : []
    return given !== undefined && parse(given) ? [] : [{ name, problem: "invalid", affects }]
  })
  const bindings = Object.entries(BINDINGS).flatMap(([name, { affects, isNeeded }]): ConfigProblem[] =>
    !env[name] && (isNeeded?.(text) ?? true) ? [{ name, problem: "missing", affects }] : [],
  )
  return [...variables, ...bindings]
}
