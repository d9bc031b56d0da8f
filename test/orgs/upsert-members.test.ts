import { expect, it } from "vitest"
import { server } from "../support/people"
import { rows } from "../support/rows"
import { ALICE, BOB, costOf, IVY, MEMBERS, membersOf, sync, upsert } from "./members"

const none = { added: 0, changed: 0, removed: 0, unchanged: 0 }

it("adds and changes who is named, and removes nobody", async () => {
  const list = [{ ...BOB, role: "pipeline-manager" }, IVY]
  expect(await upsert(list)).toEqual({ ...none, added: 1, changed: 1 })
  expect(await membersOf()).toMatchObject([ALICE, { ...BOB, role: "admin" }, IVY])
})

it("does nothing for nobody", async () => {
  expect(await upsert([])).toEqual(none)
  expect(await membersOf()).toMatchObject([ALICE, BOB])
})

it("writes nothing the second time", async () => {
  await upsert([BOB, IVY])
  const again = await costOf("PATCH", MEMBERS, [BOB, IVY])
  expect(again).toMatchObject({ status: 200, roundTrips: 1, statements: 3, rowsWritten: 0 })
  expect(again.answer.res).toEqual({ ...none, unchanged: 2 })
})

it("gives somebody who comes back their old place", async () => {
  await sync([ALICE])
  expect(await upsert([BOB])).toEqual({ ...none, added: 1 })
  expect((await membersOf())[1]).toMatchObject({ id: 2, ...BOB })
})

it("does not find an organisation that is not there", async () => {
  const answer = await server.patch("/api/orgs/initech/members", [IVY])
  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({ detail: "organisation not found" })
  expect(await rows("SELECT id FROM org_users")).toHaveLength(4)
})
