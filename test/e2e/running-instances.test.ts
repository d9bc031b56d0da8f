import { execFile, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { findInstance, recordInstance, runningInstances } from "../../scripts/local/running-instances.mjs"

const DEFAULT_STATE_DIR = resolve(".wrangler", "state")
const deadPid = () => spawnSync(process.execPath, ["--version"]).pid

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "instances-"))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Records a running instance. Each has the pid of another live process, since one process is one instance. */
const record = (port: number, stateDir: string, pid = process.pid) =>
  recordInstance({ port, stateDir }, { folder, pid })
const findPort = (env: Record<string, string> = {}) => findInstance({ env, folder }).worker.port

describe("the tools find the running instance", () => {
  it("without any setting, if one instance runs", () => {
    record(9_000, "/state/a")
    expect(findInstance({ env: {}, folder })).toEqual({
      worker: { port: 9_000, url: "http://127.0.0.1:9000" },
      prefect: { port: 9_001, url: "http://127.0.0.1:9001" },
      mail: { port: 9_002, url: "http://127.0.0.1:9002" },
    })
  })

  it("with the default state folder, if several instances run", () => {
    record(9_000, "/state/a")
    record(9_010, DEFAULT_STATE_DIR, process.ppid)
    expect(findPort()).toBe(9_010)
  })

  it("by STATE_DIR, if it is set", () => {
    record(9_000, "/state/a")
    record(9_010, DEFAULT_STATE_DIR, process.ppid)
    expect(findPort({ STATE_DIR: "/state/a" })).toBe(9_000)
    expect(findPort({ STATE_DIR: ".wrangler/state" })).toBe(9_010)
  })

  it("by PORT before anything else, also if no instance is recorded there", () => {
    record(9_000, "/state/a")
    expect(findPort({ PORT: "9100", STATE_DIR: "/state/a" })).toBe(9_100)
    expect(findPort({ PORT: "", STATE_DIR: "" })).toBe(9_000)
    expect(() => findPort({ PORT: "http" })).toThrow('PORT must be a whole number from 1 to 65533, not "http".')
  })
})

describe("the tools say what to do", () => {
  it("if no instance runs", () => {
    expect(() => findPort()).toThrow("No local instance is running. Start it with: npm start")
    expect(() => findInstance({ env: {}, folder: join(folder, "missing") })).toThrow("npm start")
  })

  it("if no instance runs with this STATE_DIR", () => {
    record(9_000, "/state/a")
    expect(() => findPort({ STATE_DIR: "/state/b" })).toThrow("Start it with: STATE_DIR=/state/b npm start")
  })

  it("if several instances run and none has the default state folder", () => {
    record(9_000, "/state/a")
    record(9_010, "/state/b", process.ppid)
    expect(() => findPort()).toThrow(/Choose one by its port:\n {2}PORT=9000 .*\/state\/a\n {2}PORT=9010 .*\/state\/b$/)
  })
})

describe("a record", () => {
  it("of a process that ended is ignored, and removed at the next start", async () => {
    record(9_000, "/state/a", deadPid())
    expect(() => findPort()).toThrow("No local instance is running.")
    record(9_010, "/state/b")
    expect(await readdir(folder)).toEqual(["9010.json"])
  })

  it("of an ended process is replaced by a new process with the same pid", () => {
    record(9_000, "/state/a")
    record(9_010, "/state/a")
    expect(runningInstances({ folder })).toMatchObject([{ port: 9_010 }])
  })

  it("that cannot be read is ignored", async () => {
    await writeFile(join(folder, "9000.json"), '{"pid":')
    await writeFile(join(folder, "9010.json"), "null")
    expect(() => findPort()).toThrow("No local instance is running.")
  })

  it("is removed when its instance stops", async () => {
    record(9_000, "/state/a").close()
    expect(await readdir(folder)).toEqual([])
  })
})

describe("npm start", () => {
  const { PORT: _port, STATE_DIR: _stateDir, ...env } = process.env
  const runFail = (variables: Record<string, string>) =>
    promisify(execFile)("npm", ["run", "-s", "fail"], { env: { ...env, ...variables } })

  it("records where it listens, so that npm run fail works without PORT", async () => {
    const { stdout } = await runFail({ STATE_DIR: inject("stateDir") })
    expect(stdout).toContain(`Sent to http://127.0.0.1:${inject("port")}: the run `)
    expect(existsSync(join(".wrangler", "local-instances", `${inject("port")}.json`))).toBe(true)
  })

  it("is named by npm run fail if nothing answers", async () => {
    await expect(runFail({ STATE_DIR: folder })).rejects.toMatchObject({
      code: 1,
      stderr: `No local instance is running with its state in ${folder}. Start it with: STATE_DIR=${folder} npm start\n`,
    })
    await expect(runFail({ PORT: String(inject("port") + 5) })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Nothing answers at http:\/\/127\.0\.0\.1:\d+ .* Start it with npm start/),
    })
  })
})
