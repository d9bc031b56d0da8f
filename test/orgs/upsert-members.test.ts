import { describe, expect, it } from "vitest"
import { bob, server } from "../support/people"
import { selectRows } from "../support/select-rows"
import { ALICE, BOB, costOf, IVY, MEMBERS, membersOf, sync, upsert } from "../support/org-members"

const none = { added: 0, changed: 0, removed: 0, unchanged: 0 }

it("adds and changes the named members, and removes nobody", async () => {
  const list = [{ ...BOB, role: "pipeline-manager" }, IVY]
  expect(await upsert(list)).toEqual({ ...none, added: 1, changed: 1 })
  expect(await membersOf()).toMatchObject([ALICE, { ...BOB, role: "admin" }, IVY])
})

it("does nothing for an empty list", async () => {
  expect(await upsert([])).toEqual(none)
  expect(await membersOf()).toMatchObject([ALICE, BOB])
})

it("writes nothing the second time", async () => {
  await upsert([BOB, IVY])
  const again = await costOf("PATCH", MEMBERS, [BOB, IVY])
  expect(again).toMatchObject({ status: 200, roundTrips: 1, statements: 4, rowsWritten: 0 })
  expect(again.response.res).toEqual({ ...none, unchanged: 2 })
})

it("restores the membership of a returning person", async () => {
  await sync([ALICE])
  expect(await upsert([BOB])).toEqual({ ...none, added: 1 })
  expect((await membersOf())[1]).toMatchObject({ id: 2, ...BOB })
})

it("answers 404 for an unknown organisation", async () => {
  const response = await server.patch("/api/orgs/initech/members", [IVY])
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({ detail: "organisation not found" })
  expect(await selectRows("SELECT id FROM org_users")).toHaveLength(4)
})

describe("email that was switched off by a bounce or complaint", () => {
  const ROBERT = { ...BOB, email: "robert@acme.test" }
  const switches = () =>
    selectRows("SELECT org_user_id, enabled, reason FROM user_notification_preferences ORDER BY org_user_id, category")
  const off = (orgUserId: number, reason: string | null, category = "all") =>
    selectRows("INSERT INTO user_notification_preferences VALUES (?, ?, 'email', 0, 1, ?)", orgUserId, category, reason)

  it.each([
    ["bounced", upsert],
    ["complained", (list: object[]) => sync([ALICE, ...list])],
  ])("is switched on by another address: %s", async (reason, save) => {
    await off(bob.orgUserId, reason)
    await save([ROBERT])
    expect(await switches()).toEqual([])
    const preferences = await (await bob.get("/api/notifications/preferences")).json<any>()
    expect(preferences.res.email_notifications_enabled).toBe(true)
  })

  it("is switched on for a returning member with another address", async () => {
    await off(bob.orgUserId, "bounced")
    await sync([ALICE])
    await upsert([ROBERT])
    expect(await switches()).toEqual([])
  })

  it("stays off with the same address, without a write", async () => {
    await off(bob.orgUserId, "bounced")
    const before = await switches()
    expect(await costOf("PATCH", MEMBERS, [{ ...BOB, email: " Bob@ACME.test" }])).toMatchObject({ rowsWritten: 0 })
    await upsert([{ ...BOB, role: "analyst", name: "Bob" }])
    expect(await switches()).toEqual(before)
  })

  it("stays off for other members", async () => {
    await off(1, "bounced")
    await off(3, "bounced")
    await upsert([ALICE, ROBERT])
    await server.put("/api/orgs/initech", { name: "Initech" })
    await upsert([{ user_id: "3", email: "charles@initech.test", role: "admin" }], "/api/orgs/initech/members")
    expect(await switches()).toMatchObject([{ org_user_id: 1 }, { org_user_id: 3 }])
  })

  it("stays off if the member switched it off, whatever the address", async () => {
    await off(bob.orgUserId, null)
    await off(bob.orgUserId, null, "incident")
    const before = await switches()
    await upsert([ROBERT])
    expect(await switches()).toEqual(before)
  })
})
