import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"

/** Runs the checker on a src/ of these files, and returns what it reports, one problem a line. */
async function check(files: Record<string, string>): Promise<string[]> {
  const src = await mkdtemp(join(tmpdir(), "floors-"))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(src, path)), { recursive: true })
    await writeFile(join(src, path), text)
  }
  try {
    await promisify(execFile)(process.execPath, ["scripts/lint/floors.mjs", src])
    return []
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === 1 && "stderr" in error)) throw error
    return String(error.stderr).trim().split("\n")
  } finally {
    await rm(src, { recursive: true, force: true })
  }
}

const empty = "export {}\n"

it("passes the project's own src/", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/lint/floors.mjs"])
  expect(stdout).toMatch(/^floors: \d{3,} files, \d{3,} imports, 0 wrong\n$/)
})

it("passes imports that go down or stay in the room", async () => {
  const problems = await check({
    "index.ts": `import "./app"\nconst consumer = () => import("./signals/consumer")\nconsumer()\n`,
    "app.ts": `import { routes } from "./notifications/routes"\nroutes()\n`,
    "signals/consumer.ts": `import { publish } from "../notifications/publish"\npublish()\n`,
    "notifications/routes.ts": `import type { App } from "../http/router"\nexport { publish as routes } from "./publish"\n`,
    "notifications/publish.ts": `import { outbox } from "../delivery/outbox"\nexport const publish = () => outbox\n`,
    "delivery/outbox.ts": `import type { Deps } from "../deps"\nexport const outbox = 1\n`,
    "http/router.ts": `import type { Deps } from "../deps"\nexport type App = Deps\n`,
    "deps.ts": `import type { Db } from "./db/client"\nexport type Deps = { db: Db }\n`,
    "db/client.ts": `import type { Category } from "../domain/categories"\nexport type Db = Category\n`,
    "domain/categories.ts": `export type Category = "incident"\n`,
  })
  expect(problems).toEqual([])
})

it("reports an import that goes up, with the reason", async () => {
  const problems = await check({
    "notifications/publish.ts": `\nimport { receive } from "../signals/receive"\nreceive()\n`,
    "signals/receive.ts": "export const receive = () => {}\n",
  })
  expect(problems).toEqual([
    "src/notifications/publish.ts:2 imports src/signals/receive.ts: signals is above notifications, and an import goes down. " +
      "Nothing walks back: signals/ calls notifications/. The urgent bar is updated through deps.bar.",
  ])
})

it.each([
  ["import type", `import type { Decision } from "../preferences/decide"\nexport type D = Decision\n`],
  ["import { type }", `import { type Decision } from "../preferences/decide"\nexport type D = Decision\n`],
  ["export type from", `export type { Decision } from "../preferences/decide"\n`],
  ["export type * from", `export type * from "../preferences/decide"\n`],
  ["import()", `export type D = import("../preferences/decide").Decision\n`],
])("reports a type that comes from above by %s", async (_form, text) => {
  const problems = await check({ "db/schema.ts": text, "preferences/decide.ts": "export type Decision = 1\n" })
  expect(problems).toEqual([
    "src/db/schema.ts:1 imports types of src/preferences/decide.ts: preferences is above db, and an import goes down. " +
      "A table does not know the rooms that use it: words that both need belong in domain/.",
  ])
})

it.each([
  ["import()", `export const d = () => import("../preferences/decide")\n`],
  ["export from", `export { decide } from "../preferences/decide"\n`],
  ["export * from", `export * from "../preferences/decide"\n`],
  ["an import without names", `import "../preferences/decide"\n`],
])("reports a value that comes from above by %s", async (_form, text) => {
  const problems = await check({ "auth/caller.ts": text, "preferences/decide.ts": "export const decide = 1\n" })
  expect(problems).toEqual([
    expect.stringMatching(/^src\/auth\/caller.ts:1 imports src\/preferences\/decide.ts: .*above/),
  ])
})

it("reports an import between rooms that share a floor", async () => {
  const problems = await check({
    "orgs/save-org.ts": `import { decide } from "../preferences/decide"\ndecide()\n`,
    "preferences/decide.ts": "export const decide = () => {}\n",
  })
  expect(problems).toEqual([expect.stringContaining("orgs and preferences share a floor: no import between them.")])
})

it("reports a circle of two files of a room, types included", async () => {
  const problems = await check({
    "orgs/a.ts": `import type { B } from "./b"\nexport type A = B\n`,
    "orgs/b.ts": `import { type A } from "./a"\nexport type B = A\n`,
  })
  expect(problems).toEqual([
    "src/orgs/a.ts:1 → src/orgs/b.ts, src/orgs/b.ts:1 → src/orgs/a.ts: a circle. Move the shared part out of both.",
  ])
})

it("reports a circle of two folders, though its files form none", async () => {
  const problems = await check({
    "delivery/channels/chat/a.ts": `import "../email/b"\n`,
    "delivery/channels/email/b.ts": empty,
    "delivery/channels/email/c.ts": `import "../chat/d"\n`,
    "delivery/channels/chat/d.ts": empty,
  })
  expect(problems).toEqual([
    "src/delivery/channels/chat/a.ts:1 → src/delivery/channels/email/b.ts, " +
      "src/delivery/channels/email/c.ts:1 → src/delivery/channels/chat/d.ts: a circle. Move the shared part out of both.",
  ])
})

it("reports a circle of a folder and a file beside it, and lets the folder stand between two files", async () => {
  const between = {
    "delivery/consumer.ts": `import "./channels/email"\n`,
    "delivery/channels/email.ts": `import "../retry"\n`,
    "delivery/retry.ts": empty,
  }
  expect(await check(between)).toEqual([])
  const problems = await check({
    ...between,
    "delivery/retry.ts": `import "./channels/push"\n`,
    "delivery/channels/push.ts": empty,
  })
  expect(problems).toEqual([
    "src/delivery/channels/email.ts:1 → src/delivery/retry.ts, src/delivery/retry.ts:1 → src/delivery/channels/push.ts: " +
      "a circle. Move the shared part out of both.",
  ])
})

it("reports a room that is on no floor", async () => {
  const problems = await check({ "helpers/text.ts": empty })
  expect(problems).toEqual(["src/helpers is on no floor: add it to scripts/lint/floors.json."])
})

it("reports an import from outside of src/", async () => {
  const problems = await check({ "http/router.ts": `import { tags } from "../../scripts/openapi/tags"\ntags()\n` })
  expect(problems).toEqual([
    "src/http/router.ts:1 imports scripts/openapi/tags: src/ is what ships, and imports nothing from outside.",
  ])
})

it("lets deps.ts take types from below only, and compose.ts alone build what is in Deps", async () => {
  const below = { "db/client.ts": "export const openDb = () => 1\nexport type Db = 1\n", "live/urgent-bar.ts": empty }
  expect(
    await check({
      ...below,
      "deps.ts": `import type { Db } from "./db/client"\nexport type Deps = { db: Db }\n`,
      "compose.ts": `import { openDb } from "./db/client"\nopenDb()\n`,
    }),
  ).toEqual([])
  const problems = await check({
    ...below,
    "deps.ts": `import { type Db, openDb } from "./db/client"\nimport type { UrgentBar } from "./live/urgent-bar"\n`,
    "orgs/queries.ts": `import { openDb } from "../db/client"\nopenDb()\n`,
  })
  expect(problems).toEqual([
    expect.stringMatching(/^src\/deps.ts:1 imports src\/db\/client.ts: deps.ts holds types only/),
    expect.stringMatching(/^src\/deps.ts:1 imports src\/db\/client.ts: compose.ts is the only place that builds/),
    expect.stringMatching(/^src\/deps.ts:2 imports types of src\/live\/urgent-bar.ts: live is above deps.ts/),
    expect.stringMatching(
      /^src\/orgs\/queries.ts:1 imports src\/db\/client.ts: compose.ts is the only place that builds/,
    ),
  ])
})

it.each([
  ["HTTP outside of routes", "orgs/save-org.ts", `import type { App } from "../http/router"\n`, "Only routes.ts"],
  ["a value of the description", "orgs/routes.ts", `import { SavedOrg } from "./docs"\n`, "take types only"],
  ["the database in the description", "orgs/docs.ts", `import { org } from "../db/schema"\n`, "docs.ts has words"],
  ["a package in domain/", "domain/text.ts", `import * as z from "zod/mini"\n`, "domain/ imports nothing"],
  [
    "the worker in the browser",
    "web/ui/bar.ts",
    `import { toText } from "../../live/protocol"\n`,
    "web/ runs in a browser",
  ],
  [
    "a server's package in the browser",
    "web/ui/bar.ts",
    `import { hc } from "hono/client"\n`,
    "web/ runs in a browser",
  ],
  [
    "a channel, to notify",
    "notifications/publish.ts",
    `import { send } from "../delivery/channels/channel"\n`,
    "delivery/outbox",
  ],
  [
    "a channel, to summarise",
    "summaries/summarise.ts",
    `import { outbox } from "../delivery/outbox"\n`,
    "summaries/ takes a log",
  ],
  [
    "preferences, to deliver",
    "delivery/consumer.ts",
    `import { decide } from "../preferences/decide"\n`,
    "delivery/ reads rows",
  ],
  ["the database in a pure rule", "preferences/decide.ts", `import { sql } from "drizzle-orm"\n`, "A rule is pure"],
])("reports %s", async (_what, path, text, why) => {
  const problems = await check({ "orgs/docs.ts": empty, "live/protocol.ts": empty, [path]: text })
  expect(problems).toEqual(expect.arrayContaining([expect.stringContaining(why)]))
})

it("lets the browser take the types of the wire", async () => {
  const problems = await check({
    "live/protocol.ts": empty,
    "domain/categories.ts": empty,
    "web/ui/bar.ts": `import type { Frame } from "../../live/protocol"\nimport { CATEGORY } from "../../domain/categories"\n`,
  })
  expect(problems).toEqual([])
})
