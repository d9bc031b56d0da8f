import { expect, it } from "vitest"
import { orgDocs } from "../../src/orgs/docs"
import { server } from "../support/people"
import { selectRows } from "../support/select-rows"
import { ALICE, BOB, costOf, MEMBERS, membersOf, sync, upsert } from "../support/org-members"

const remove = async (userId: string, path = MEMBERS) => {
  const answer = await server.delete(`${path}/${userId}`)
  return { status: answer.status, body: await answer.json() }
}
const NOT_A_MEMBER = { status: 404, body: { detail: "member not found" } }

it("removes one member only", async () => {
  const { status, body } = await remove("2")
  expect(status).toBe(200)
  expect(orgDocs["DELETE /api/orgs/:slug/members/:user_id"].response.parse(body)).toMatchObject({ success: true })
  expect(await membersOf()).toMatchObject([ALICE])
  expect(await selectRows("SELECT typeof(removed_at) AS type FROM org_users WHERE id = 2")).toEqual([
    { type: "integer" },
  ])
})

it("takes one round trip to the database", async () => {
  expect(await costOf("DELETE", `${MEMBERS}/2`)).toMatchObject({ status: 200, roundTrips: 1, statements: 3 })
})

it("answers 404 for a removed member, and writes nothing", async () => {
  await remove("2")
  expect(await remove("2")).toEqual(NOT_A_MEMBER)
  expect(await costOf("DELETE", `${MEMBERS}/2`)).toMatchObject({ status: 404, rowsWritten: 0 })
})

it.each(["999", "3", "alice@acme.test", "%25", "'%20OR%201=1".replaceAll("%20", "+")])(
  "answers 404 for a person who is not a member: %s",
  async (userId) => {
    expect(await remove(userId)).toEqual(NOT_A_MEMBER)
    expect(await selectRows("SELECT id FROM org_users WHERE removed_at IS NULL")).toHaveLength(4)
  },
)

it("answers 404 for an unknown organisation", async () => {
  expect(await remove("2", "/api/orgs/initech/members")).toEqual({
    status: 404,
    body: { detail: "organisation not found" },
  })
})

it.each(["%20", "%00", "%C3%A9", "x".repeat(101)])("rejects the user_id %s", async (userId) => {
  const { status, body } = await remove(userId)
  expect(status).toBe(422)
  expect(body).toMatchObject({ detail: [{ loc: ["path", "user_id"] }] })
})

it("is undone by PUT and by PATCH of the members", async () => {
  await remove("2")
  expect(await upsert([BOB])).toMatchObject({ added: 1 })
  await remove("2")
  expect(await sync([ALICE, BOB])).toMatchObject({ added: 1 })
  expect((await membersOf())[1]).toMatchObject({ id: 2, ...BOB })
})
