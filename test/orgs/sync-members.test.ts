import { expect, it } from "vitest"
import { server } from "../support/people"
import { selectRows } from "../support/select-rows"
import { ALICE, BOB, costOf, IVY, MEMBERS, membersOf, sync } from "../support/org-members"

const none = { added: 0, changed: 0, removed: 0, unchanged: 0 }

it("adds, changes and removes members to match the list", async () => {
  const list = [{ ...ALICE, name: "Alice" }, IVY]
  expect(await sync(list)).toEqual({ added: 1, changed: 1, removed: 1, unchanged: 0 })
  expect(await membersOf()).toEqual([
    { id: 1, ...ALICE, name: "Alice" },
    { id: expect.any(Number), ...IVY, name: null },
  ])
})

it("counts unchanged members", async () => {
  expect(await sync([ALICE, BOB, IVY])).toEqual({ ...none, added: 1, unchanged: 2 })
  expect(await sync([IVY, BOB, ALICE])).toEqual({ ...none, unchanged: 3 })
})

it.each<[string, object]>([
  ["e-mail", { email: "robert@acme.test" }],
  ["role", { role: "analyst" }],
  ["name", { name: "Bob" }],
])("changes an %s", async (_, change) => {
  expect(await sync([ALICE, { ...BOB, ...change }])).toEqual({ ...none, changed: 1, unchanged: 1 })
  expect((await membersOf())[1]).toMatchObject({ id: 2, ...BOB, ...change })
})

it("treats an absent, null or blank name as no name", async () => {
  for (const name of [undefined, null, " "]) {
    await sync([ALICE, { ...BOB, name: "Bob" }])
    expect(await sync([ALICE, { ...BOB, name }])).toMatchObject({ changed: 1 })
    expect((await membersOf())[1]).toMatchObject({ name: null })
  }
})

it("leaves the same people's memberships in other organisations unchanged", async () => {
  await sync([ALICE, BOB, { user_id: "3", email: "charlie@globex.test", role: "member" }])
  const elsewhere = await selectRows("SELECT * FROM org_users WHERE org_id <> 1")
  await sync([ALICE])
  expect(await selectRows("SELECT * FROM org_users WHERE org_id <> 1")).toEqual(elsewhere)
})

it("removes everybody for an empty list", async () => {
  expect(await sync([])).toEqual({ ...none, removed: 2 })
  expect(await membersOf()).toEqual([])
  expect(await sync([])).toEqual(none)
})

it("keeps removed_at when the same list is sent again", async () => {
  await sync([ALICE])
  const removedAt = await selectRows("SELECT typeof(removed_at) AS type, removed_at FROM org_users WHERE id = 2")
  expect(removedAt).toEqual([{ type: "integer", removed_at: expect.closeTo(Date.now(), -4) }])
  await sync([ALICE])
  expect(await selectRows("SELECT typeof(removed_at) AS type, removed_at FROM org_users WHERE id = 2")).toEqual(
    removedAt,
  )
})

it("restores the membership of a returning person, and counts it as added", async () => {
  await sync([ALICE])
  expect(await sync([ALICE, { ...BOB, role: "admin" }])).toEqual({ ...none, added: 1, unchanged: 1 })
  expect(await membersOf()).toEqual([
    { id: 1, ...ALICE, name: null },
    { id: 2, ...BOB, role: "admin", name: null },
  ])
})

it.each([
  ["guest", "member"],
  ["pipeline-manager", "admin"],
  ["account-manager", "admin"],
  ["member", "member"],
  ["analyst", "analyst"],
  ["admin", "admin"],
  ["super-admin", "super-admin"],
])("maps the role %s to %s", async (name, role) => {
  await sync([ALICE, { ...BOB, role: name }])
  expect((await membersOf())[1]).toMatchObject({ role })
  expect(await sync([ALICE, { ...BOB, role }])).toMatchObject({ changed: 0 })
})

it("treats a numeric user_id as text", async () => {
  expect(await sync([ALICE, { ...BOB, user_id: 2 }])).toEqual({ ...none, unchanged: 2 })
  await sync([ALICE, { ...IVY, user_id: 9_007_199_254_740_991 }])
  expect((await membersOf())[1]).toMatchObject({ user_id: "9007199254740991" })
})

it("stores email addresses trimmed and in lower case", async () => {
  expect(await sync([ALICE, { ...BOB, email: "  Bob@ACME.test " }])).toEqual({ ...none, unchanged: 2 })
})

it.each(["o'brien+x@acme.test", "r&d@acme.test", "a@localhost", `${"x".repeat(64)}@${"y".repeat(60)}.test`])(
  "takes the address %s",
  async (email) => {
    await sync([ALICE, { ...BOB, email }])
    expect((await membersOf())[1]).toMatchObject({ email })
  },
)

it("writes nothing the second time", async () => {
  const list = [ALICE, { ...IVY, name: "Ivy", role: "guest" }]
  const first = await costOf("PUT", MEMBERS, list)
  const again = await costOf("PUT", MEMBERS, list)
  expect(first).toMatchObject({ status: 200, roundTrips: 1, statements: 6 })
  expect(again).toMatchObject({ status: 200, roundTrips: 1, statements: 6, rowsWritten: 0 })
  expect(again.response.res).toEqual({ ...none, unchanged: 2 })
})

const crowd = (count: number, changes: object = {}) =>
  Array.from({ length: count }, (_, i) => ({
    user_id: 1_000 + i,
    email: `person${i}@acme.test`,
    name: "Somebody",
    role: "guest",
    ...changes,
  }))

it.each([10, 1_000, 10_000])("uses as many statements for %i people as for ten", async (count) => {
  const cost = async (list: object[]) => {
    const { response, ...rest } = await costOf("PUT", MEMBERS, list)
    expect(rest).toMatchObject({ status: 200, roundTrips: 1, statements: 6 })
    expect(rest.rowsRead).toBeLessThanOrEqual(12 * count + 40)
    return { ...response.res, rowsWritten: rest.rowsWritten }
  }
  // A row, and one for each of four indexes.
  const first = await cost(crowd(count))
  expect(first).toMatchObject({ added: count, removed: 2 })
  expect(first.rowsWritten).toBeLessThanOrEqual(5 * count + 10)

  expect(await cost(crowd(count))).toEqual({ ...none, unchanged: count, rowsWritten: 0 })
  expect(await cost(crowd(count, { role: "admin" }))).toMatchObject({ changed: count })
  expect(await cost(crowd(count / 2))).toMatchObject({ changed: count / 2, removed: count / 2 })
  expect(await cost(crowd(count))).toMatchObject({ added: count / 2, unchanged: count / 2 })
})

it("ends with exactly one of two concurrent lists", async () => {
  const [one, other] = [[ALICE, IVY], [BOB]]
  await Promise.all([sync(one), sync(other)])
  const ids = (await membersOf()).map((member) => member.user_id)
  expect([["1", "7"], ["2"]]).toContainEqual(ids)
})

it("answers 404 for an unknown organisation, and writes nothing", async () => {
  const before = await selectRows("SELECT * FROM org_users")
  for (const slug of ["initech", "ACME"]) {
    const response = await server.put(`/api/orgs/${slug}/members`, [IVY])
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ detail: "organisation not found" })
  }
  expect(await selectRows("SELECT * FROM org_users")).toEqual(before)
})
