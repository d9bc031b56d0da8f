import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { type Category, type InboxItem, notificationsClient } from "dalgo-notifications/client"
import { beforeAll, describe, expect, expectTypeOf, inject, it, onTestFinished } from "vitest"

const run = promisify(execFile)
const worker = `http://127.0.0.1:${inject("port")}`

const clientOf = async (name: string) => {
  const { stdout } = await run("npm", ["run", "-s", "token", "--", name])
  return notificationsClient(worker, { headers: { authorization: `Bearer ${stdout.trim()}` } }).api.notifications
}

let alice: Awaited<ReturnType<typeof clientOf>>
beforeAll(async () => {
  alice = await clientOf("alice")
})

describe("the client", () => {
  it("reads an inbox page by page", async () => {
    const first = await (await alice.v1.$get({ query: { category: ["job_failure"], limit: 1 } })).json()
    expect(first).toMatchObject({ page: 1, total_pages: first.total_notifications })
    expect(first.res).toMatchObject([{ category: "job_failure" }])
    const beyond = await (
      await alice.filtered.$get({ query: { category: ["schema_change", "late_run"], page: 2 } })
    ).json()
    expect(beyond.res).toEqual([])
  })

  it("marks notifications as read and as unread again", async () => {
    const unread = async () => (await (await alice.unread_count.$get()).json()).res
    const before = await unread()
    const urgent = await (await alice["urgent-bar"].$get()).json()
    const mark = (read_status: boolean) =>
      alice.v1.$put({ json: { notification_ids: urgent.res.map(({ id }) => id), read_status } })
    expect(await (await mark(true)).json()).toMatchObject({ success: true })
    expect(await unread()).toBe(before - urgent.res.length)
    await mark(false)
    expect(await unread()).toBe(before)
  })

  it("changes a preference", async () => {
    const change = { channels: { system: { email: false } } }
    const { res } = await (await alice.preferences.$put({ json: change })).json()
    expect(res.channels.system).toEqual({ email: false, push: true })
    await alice.preferences.$put({ json: { channels: { system: { email: true } } } })
  })

  it("returns error answers to the caller", async () => {
    const refused = await notificationsClient(worker).api.notifications.v1.$get({ query: {} })
    expect(refused).toMatchObject({ ok: false, status: 401 })
  })
})

describe("the types of the client", () => {
  type Query = NonNullable<Parameters<typeof alice.filtered.$get>[0]>["query"]

  it("describe the answers", () => {
    expectTypeOf<InboxItem["category"]>().toEqualTypeOf<Category>()
    expectTypeOf<InboxItem["scheduled_time"]>().toEqualTypeOf<string | null>()
    expectTypeOf<Category>().toEqualTypeOf<
      "incident" | "schema_change" | "job_failure" | "late_run" | "dbt_test_failure" | "system"
    >()
    type Bar = Awaited<ReturnType<Awaited<ReturnType<(typeof alice)["urgent-bar"]["$get"]>>["json"]>>
    expectTypeOf<Bar["res"][number]["category"]>().toEqualTypeOf<Category>()
  })

  it("know which query parameters are optional, and accept numbers", () => {
    expectTypeOf<{}>().toExtend<Query>()
    expectTypeOf<{ page: number; limit: string; urgent_only: "1" }>().toExtend<Query>()
    expectTypeOf<{ urgent_only: "perhaps" }>().not.toExtend<Query>()
    expectTypeOf<{}>().not.toExtend<Parameters<typeof alice.$delete>[0]["query"]>()
  })

  it("describe the request bodies", () => {
    expectTypeOf<Parameters<typeof alice.v1.$put>[0]["json"]>().toEqualTypeOf<{
      notification_ids: number[]
      read_status: boolean
    }>()
    type Preferences = Parameters<typeof alice.preferences.$put>[0]["json"]
    expectTypeOf<Preferences["incident_notifications"]>().toEqualTypeOf<boolean | undefined>()
    const { orgpreferences } = notificationsClient(worker).api
    type DiscordChange = Parameters<(typeof orgpreferences)["enable-discord-notifications"]["$put"]>[0]["json"]
    expectTypeOf<DiscordChange["enable_discord_notifications"]>().toEqualTypeOf<boolean | undefined>()
    expectTypeOf<(typeof orgpreferences)["test-slack"]["$post"]>().toBeFunction()
    type Sent = Parameters<typeof alice.$post>[0]["json"]
    expectTypeOf<{ author: string; message: string; sent_to: "all_org_users" }>().toExtend<Sent>()
    expectTypeOf<{ author: string; message: string; sent_to: "everybody" }>().not.toExtend<Sent>()
  })
})

it.each([
  ["NodeNext", "NodeNext"],
  ["ESNext", "Bundler"],
])("is packed so that it compiles in another project that has only hono (%s, %s)", async (module, moduleResolution) => {
  const project = await mkdtemp(join(tmpdir(), "client-"))
  onTestFinished(() => rm(project, { recursive: true }))
  const unpacked = join(project, "node_modules", "dalgo-notifications")
  await mkdir(unpacked, { recursive: true })
  const { stdout: name } = await run("npm", ["pack", "--silent", "--pack-destination", project])
  await run("tar", ["-xzf", join(project, name.trim()), "--strip-components=1", "-C", unpacked])
  await symlink(resolve("node_modules", "hono"), join(project, "node_modules", "hono"))
  const compilerOptions = { module, moduleResolution, lib: ["es2024", "dom"], types: [], strict: true, noEmit: true }
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }))
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }))
  await writeFile(
    join(project, "use.ts"),
    `import { type Category, notificationsClient } from "dalgo-notifications/client"
const { notifications } = notificationsClient("https://notifications.dalgo.test").api
const { res } = await (await notifications["urgent-bar"].$get()).json()
export const category: Category | undefined = res[0]?.category
// @ts-expect-error: fails if the category is typed as any.
export const wrong: "weather" | undefined = res[0]?.category
`,
  )
  const compiled = run("npx", ["tsc", "-p", project]).catch(({ stdout }) => ({ stdout }))
  expect((await compiled).stdout).toBe("")
})
