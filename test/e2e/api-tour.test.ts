import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { promisify } from "node:util"
import { beforeAll, expect, inject, it } from "vitest"

/** The response to each command of docs/api.md, in order. */
let responses: { command: string; status: number; body: string }[]

/** Prints the status after the body, and a line that no response contains. */
const CURL = `curl() { command curl -w '\\n%{http_code}\\n--end--\\n' "$@"; }`

beforeAll(async () => {
  const tour = await readFile("docs/api.md", "utf8")
  const blocks = Array.from(tour.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block)
  // Values that later commands use come from a curl of their own, whose output must stay plain.
  const script = blocks.join("\n").replaceAll(/\$\(curl /g, "$(command curl ")
  const { stdout } = await promisify(execFile)("bash", ["-euc", `${CURL}\n${script}`], {
    env: { ...process.env, PORT: String(inject("port")), STATE_DIR: inject("stateDir") },
    timeout: 100_000,
    maxBuffer: 10_000_000,
  })
  const commands = Array.from(script.matchAll(/^curl (?:.*\\\n)*.*(?:\n {2}.*)*/gm), ([command]) => command)
  responses = stdout
    .split("--end--\n")
    .slice(0, -1)
    .map((response, i) => {
      const [status = "", ...body] = response.trimEnd().split("\n").toReversed()
      return { command: commands[i] ?? "", status: Number(status), body: body.toReversed().join("\n") }
    })
}, 120_000)

it("runs every command of docs/api.md as written, and each answers 200", () => {
  expect(responses.length).toBeGreaterThan(25)
  expect(responses.filter(({ status }) => status !== 200)).toEqual([])
})

it("leaves the preferences of the demo as they were", async () => {
  const preferences = responses.filter(({ command }) => command.includes('"$api/preferences"'))
  expect(preferences).toHaveLength(6)
  expect(preferences.at(-1)?.body).toBe(preferences[0]?.body)
})
