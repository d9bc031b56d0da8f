import { describe, expect, it } from "vitest"
import devVarsExample from "../../.dev.vars.example?raw"
import operations from "../../docs/operations.md?raw"
import packageJson from "../../package.json"
import { VARIABLES } from "../../src/runtime/variables"
import wranglerToml from "../../wrangler.toml?raw"

const namesIn = (text: string, pattern: RegExp) => Array.from(text.matchAll(pattern), ([, name = ""]) => name)

const secrets = namesIn(devVarsExample, /^(?:# )?([A-Z][A-Z0-9_]*)=$/gm)
const asked = namesIn(devVarsExample, /^([A-Z][A-Z0-9_]*)=/gm)
const table = (name: string) => wranglerToml.split(/^(?=\[)/m).find((each) => each.startsWith(`[${name}]`)) ?? ""
const vars = namesIn(table("vars"), /^([A-Z][A-Z0-9_]*) = /gm)
/** Those that Cloudflare makes, or asks about, when somebody deploys by the button. */
const resources = wranglerToml
  .split(/^(?=\[)/m)
  .filter((each) => /^\[+(d1_databases|durable_objects\.bindings|queues\.producers|send_email|ai)\]/.test(each))
  .flatMap((each) => namesIn(each, /^(?:binding|name) = "(\w+)"/gm))

describe(".dev.vars.example", () => {
  it("has every variable that docs/operations.md calls a secret, with a line that explains it", () => {
    const documented = namesIn(operations, /^\| `(\w+)` \| yes \|/gm)
    expect(secrets.toSorted()).toEqual(documented.toSorted())
    const lines = devVarsExample.split("\n")
    for (const name of secrets) {
      const at = lines.findIndex((line) => line.endsWith(`${name}=`))
      expect(lines[at - 1], name).toMatch(/^# [A-Z].*\.$/)
    }
  })

  it("has no value", () => {
    expect(devVarsExample.split("\n").filter((line) => /=./.test(line) && !line.startsWith("# "))).toEqual([])
  })

  it("lets the button ask for what a person must choose only", () => {
    expect(asked).toEqual(["JWT_SECRET", "SERVICE_KEYS", "PREFECT_NOTIFICATIONS_WEBHOOK_KEY"])
  })
})

describe("wrangler.toml", () => {
  it("has variables that the worker reads, no secret, and every variable that is always needed", () => {
    for (const name of vars) expect(Object.keys(VARIABLES)).toContain(name)
    expect(vars.filter((name) => secrets.includes(name))).toEqual([])
    const needed = Object.entries(VARIABLES).flatMap(([name, { isNeeded }]) => (isNeeded?.(() => "") ? [name] : []))
    expect(needed.length).toBeGreaterThan(4)
    for (const name of needed) expect([...vars, ...secrets]).toContain(name)
  })
})

it("package.json describes each variable, secret and resource for the button, and nothing else", () => {
  const described = Object.entries(packageJson.cloudflare.bindings)
  const names = described.map(([name]) => name)
  expect(names).toEqual(expect.arrayContaining([...vars, ...secrets, ...resources]))
  expect([...Object.keys(VARIABLES), ...resources]).toEqual(expect.arrayContaining(names))
  for (const [name, { description }] of described) expect(description, name).toMatch(/\.(\*\*)?$/)
})
