import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { NotificationService } from "../src/rpc"
import { captureQueues } from "./support/queues"
import { selectRows } from "./support/select-rows"

const service = env.NOTIFICATIONS
const toAcme = { author: "platform", message: "hello", sent_to: "all_org_users" as const, org_slug: "acme" }
const test = { testName: "t", orgSlug: "acme", errorDetails: "d" }
const change = { source: "Kobo", orgSlug: "acme", changes: ["a column went"] }
const LONGEST = "k".repeat(255)

/** The error of a call, as its caller sees it. */
const errorOf = async (call: () => Promise<unknown>) => {
  try {
    await call()
  } catch (error) {
    const { name, message } = error as Error
    return { name, message }
  }
  throw new Error("it was not refused")
}

beforeEach(() => {
  captureQueues()
})

it("exposes exactly ten methods to other Workers", async () => {
  expect(Object.getOwnPropertyNames(NotificationService.prototype).toSorted()).toEqual([
    "constructor",
    "createDbtTestFailureNotification",
    "createJobFailureNotification",
    "createLateRunNotification",
    "createNotification",
    "createSchemaChangeNotification",
    "getFilteredNotifications",
    "getUrgentNotificationsForUser",
    "getUserNotificationPreferences",
    "notifyPlatformAdmins",
    "updateUserNotificationPreferences",
  ])
  const open = service as any
  for (const look of [async () => await open.deps, async () => await open.env, () => open.memberOf({ userId: "1" })]) {
    expect((await errorOf(look)).message).toMatch(/does not implement/)
  }
})

describe("an error", () => {
  it("has the error code as its name", async () => {
    const nowhere = { ...toAcme, org_slug: "nowhere" }
    const wrong = { ...toAcme, message: "" }
    expect(await errorOf(() => service.createNotification(nowhere))).toEqual({
      name: "not_found",
      message: "organisation not found",
    })
    expect(await errorOf(() => service.createNotification(wrong))).toMatchObject({ name: "invalid" })
    expect(await errorOf(() => service.getUrgentNotificationsForUser({ userId: "999" }))).toMatchObject({
      name: "not_allowed",
    })
  })

  it("reveals nothing of the database, and is logged without the input", async () => {
    const written = vi.spyOn(console, "log").mockImplementation(() => {})
    await selectRows("ALTER TABLE notifications RENAME TO gone")
    const secret = { ...toAcme, message: "payroll-of-anna" }
    expect(await errorOf(() => service.createNotification(secret))).toEqual({
      name: "Error",
      message: "internal error",
    })
    const lines = written.mock.calls.flat().join("\n")
    expect(lines).toContain('"event":"rpc_call_failed"')
    expect(lines).not.toContain("payroll-of-anna")
  })
})

describe("an idempotency key", () => {
  const withKey = (idempotencyKey: string | null): [string, () => Promise<{ notification_id: number }>][] => [
    ["createNotification", async () => service.createNotification(toAcme, { idempotencyKey })],
    ["a test failure", async () => service.createDbtTestFailureNotification({ ...test, idempotencyKey })],
    ["a schema change", async () => service.createSchemaChangeNotification({ ...change, idempotencyKey })],
  ]

  it.each(["", "  ", null])("counts as absent if blank: %j", async (nothing) => {
    const [[, create], ...reports] = withKey(nothing) as [ReturnType<typeof withKey>[0], ...ReturnType<typeof withKey>]
    expect((await create()).notification_id).not.toBe((await create()).notification_id)
    // Without a key, the same report is one notification a day.
    const withoutKey = [
      await service.createDbtTestFailureNotification(test),
      await service.createSchemaChangeNotification(change),
    ]
    for (const [i, [name, report]] of reports.entries()) {
      expect((await report()).notification_id, name).toBe(withoutKey[i]?.notification_id)
    }
  })

  it("may have at most 255 characters", async () => {
    for (const [name, send] of withKey(LONGEST)) {
      expect((await send()).notification_id, name).toBe((await send()).notification_id)
    }
    for (const [name, send] of withKey(`${LONGEST}k`)) {
      expect(await errorOf(send), name).toMatchObject({
        name: "invalid",
        message: expect.stringContaining("idempotencyKey"),
      })
    }
  })

  it("is the only option, and may be absent", async () => {
    await service.createNotification(toAcme, null)
    const typo = { idempotency_key: "once" } as never
    expect(await errorOf(() => service.createNotification(toAcme, typo))).toMatchObject({ name: "invalid" })
  })
})

describe("the person", () => {
  it.each([{}, undefined, null, "2", { userId: null }, { userId: "" }, { userId: {} }, { userId: 1.5 }])(
    "must be a person: %j",
    async (nobody: any) => {
      for (const ask of [
        () => service.getUserNotificationPreferences(nobody),
        () => service.getUrgentNotificationsForUser(nobody),
        () => service.getFilteredNotifications(nobody),
        () => service.updateUserNotificationPreferences(nobody),
      ]) {
        expect(await errorOf(ask)).toMatchObject({ name: "invalid", message: expect.stringMatching(/userId|input/) })
      }
    },
  )

  it("defaults to their first organisation", async () => {
    const user = { userId: 2, orgSlug: null }
    expect(await service.getUserNotificationPreferences(user)).toEqual(
      await service.getUserNotificationPreferences({ userId: "2", orgSlug: "acme" }),
    )
  })

  it("accepts next_cursor as returned, and null as absent", async () => {
    for (const _ of [1, 2, 3]) await service.createNotification(toAcme)
    const seen: number[] = []
    let cursor: string | null = null
    do {
      const page = await service.getFilteredNotifications({ userId: "2", limit: 2, cursor, q: null, category: null })
      seen.push(...page.res.map(({ id }) => id))
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen).toEqual([3, 2, 1])
    const wrong = { userId: "2", q: { any: "thing" } } as never
    expect(await errorOf(() => service.getFilteredNotifications(wrong))).toMatchObject({ name: "invalid" })
  })
})
