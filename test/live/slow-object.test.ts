import { env } from "cloudflare:workers"
import { beforeEach, expect, it, vi } from "vitest"
import { alice, bob, server, waitForBackgroundWork } from "../support/people"
import { captureQueues } from "../support/queues"
import { insertUrgent } from "../support/urgent-bar"

const BOB = bob.orgUserId

beforeEach(() => {
  captureQueues()
})

/** An object that never answers. */
function stopObject() {
  const never = () => new Promise<never>(() => {})
  const stopped = { bar: never, arrived: never, changed: never, itemUpdated: never, removed: never }
  vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValue(stopped as never)
}

async function millisecondsOf(work: () => Promise<unknown>) {
  const startedAt = Date.now()
  await work()
  return Date.now() - startedAt
}

const linesOf = (log: ReturnType<typeof spyOnLog>) => log.mock.calls.map(([line]) => JSON.parse(String(line)))
const spyOnLog = () => vi.spyOn(console, "log").mockImplementation(() => {})

it("reads the bar from the database after a second", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const log = spyOnLog()
  stopObject()
  const elapsed = await millisecondsOf(async () => {
    expect(await (await bob.get("/api/notifications/urgent-bar")).json()).toMatchObject({ res: [{ id }], total: 1 })
  })
  expect(elapsed).toBeGreaterThanOrEqual(990)
  expect(linesOf(log)).toContainEqual(
    expect.objectContaining({ event: "urgent_bar_unavailable", org_id: 1, reason: "TimeoutError" }),
  )
})

const publish = () =>
  alice.post("/api/notifications/", {
    author: "Alice",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    urgent: true,
  })

it.each<[string, () => Promise<Response>]>([
  ["a notification", publish],
  ["a change of the read state", () => bob.put("/api/notifications/v1", { notification_ids: [1], read_status: true })],
  ["marking all as read", () => bob.put("/api/notifications/mark_all_as_read")],
  ["the removal of a member", () => server.delete(`/api/orgs/acme/members/${BOB}`)],
])("answers %s without waiting for the object, and gives up after three seconds", async (_, send) => {
  const log = spyOnLog()
  stopObject()
  const events = () => linesOf(log).filter(({ event }) => event === "urgent_bar_update_failed")
  expect((await send()).status).toBe(200)
  expect(events()).toEqual([])
  await waitForBackgroundWork()
  expect(events()).toMatchObject([{ reason: "TimeoutError" }])
})
