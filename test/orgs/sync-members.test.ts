import { expect, it } from "vitest"
import { server } from "../support/people"
import { rows } from "../support/rows"
import { ALICE, BOB, costOf, IVY, MEMBERS, membersOf, sync } from "./members"

const none = { added: 0, changed: 0, removed: 0, unchanged: 0 }

it("adds, changes and removes until the members are those of the list", async () => {
  const list = [{ ...ALICE, name: "Alice" }, IVY]
  expect(await sync(list)).toEqual({ added: 1, changed: 1, removed: 1, unchanged: 0 })
  expect(await membersOf()).toEqual([
    { id: 1, ...ALICE, name: "Alice" },
    { id: expect.any(Number), ...IVY, name: null },
  ])
})

it("says who stayed as they were", async () => {
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

it("takes a name that is left out, null or blank for none", async () => {
  for (const name of [undefined, null, " "]) {
    await sync([ALICE, { ...BOB, name: "Bob" }])
    expect(await sync([ALICE, { ...BOB, name }])).toMatchObject({ changed: 1 })
    expect((await membersOf())[1]).toMatchObject({ name: null })
  }
})

it("leaves other organisations alone, also where the same people are in them", async () => {
  await sync([ALICE, BOB, { user_id: "3", email: "charlie@globex.test", role: "member" }])
  const elsewhere = await rows("SELECT * FROM org_users WHERE org_id <> 1")
  await sync([ALICE])
  expect(await rows("SELECT * FROM org_users WHERE org_id <> 1")).toEqual(elsewhere)
})

it("removes everybody if the list is empty", async () => {
  expect(await sync([])).toEqual({ ...none, removed: 2 })
  expect(await membersOf()).toEqual([])
  expect(await sync([])).toEqual(none)
})

it("keeps the day on which somebody was removed, however often the same list comes", async () => {
  await sync([ALICE])
  const removedAt = await rows("SELECT typeof(removed_at) AS type, removed_at FROM org_users WHERE id = 2")
  expect(removedAt).toEqual([{ type: "integer", removed_at: expect.closeTo(Date.now(), -4) }])
  await sync([ALICE])
  expect(await rows("SELECT typeof(removed_at) AS type, removed_at FROM org_users WHERE id = 2")).toEqual(removedAt)
})

it("gives somebody who comes back their old place, and counts them as added", async () => {
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
])("knows the role %s as %s", async (name, role) => {
  await sync([ALICE, { ...BOB, role: name }])
  expect((await membersOf())[1]).toMatchObject({ role })
  expect(await sync([ALICE, { ...BOB, role }])).toMatchObject({ changed: 0 })
})

it("knows a person by a number as by its text", async () => {
  expect(await sync([ALICE, { ...BOB, user_id: 2 }])).toEqual({ ...none, unchanged: 2 })
  await sync([ALICE, { ...IVY, user_id: 9_007_199_254_740_991 }])
  expect((await membersOf())[1]).toMatchObject({ user_id: "9007199254740991" })
})

it("keeps e-mail addresses trimmed and in lower case", async () => {
  expect(await sync([ALICE, { ...BOB, email: "  Bob@ACME.test " }])).toEqual({ ...none, unchanged: 2 })
})

it.each(["o'brien+x@acme.test", "r&d@acme.test", "a@localhost", `${"x".repeat(242)}@acme.test`])(
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
  expect(first).toMatchObject({ status: 200, roundTrips: 1, statements: 5 })
  expect(again).toMatchObject({ status: 200, roundTrips: 1, statements: 5, rowsWritten: 0 })
  expect(again.answer.res).toEqual({ ...none, unchanged: 2 })
})

const crowd = (count: number, changes: object = {}) =>
  Array.from({ length: count }, (_, i) => ({
    user_id: 1_000 + i,
    email: `person${i}@acme.test`,
    name: "Somebody",
    role: "guest",
    ...changes,
  }))

it.each([10, 1_000, 10_000])("takes %i people by as many statements as ten", async (count) => {
  const cost = async (list: object[]) => {
    const { answer, ...rest } = await costOf("PUT", MEMBERS, list)
    expect(rest).toMatchObject({ status: 200, roundTrips: 1, statements: 5 })
    expect(rest.rowsRead).toBeLessThanOrEqual(12 * count + 40)
    return { ...answer.res, rowsWritten: rest.rowsWritten }
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

it("ends with one of two lists that come at once, whole", async () => {
  const [one, other] = [[ALICE, IVY], [BOB]]
  await Promise.all([sync(one), sync(other)])
  const ids = (await membersOf()).map((member) => member.user_id)
  expect([["1", "7"], ["2"]]).toContainEqual(ids)
})

it("does not find an organisation that is not there, and writes nothing", async () => {
  const before = await rows("SELECT * FROM org_users")
  for (const slug of ["initech", "ACME"]) {
    const answer = await server.put(`/api/orgs/${slug}/members`, [IVY])
    expect(answer.status).toBe(404)
    expect(await answer.json()).toEqual({ detail: "organisation not found" })
  }
  expect(await rows("SELECT * FROM org_users")).toEqual(before)
})
