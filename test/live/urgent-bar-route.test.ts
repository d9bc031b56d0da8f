import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test"
import { expect, it } from "vitest"
import { alice, anonymous, bob, charlie, dora, server } from "../support/people"
import { acmeBar, addMembersToAcme, countQueries, insertUrgent, setRead } from "../support/urgent-bar"

const BOB = bob.orgUserId
const PATH = "/api/notifications/urgent-bar"

/** From now on all calls to acme's object fail. */
const breakObject = () =>
  runInDurableObject(acmeBar(), (_, { storage }) => {
    storage.sql.exec("DROP TABLE people")
  })

it("returns urgent unread notifications, newest first, and their number", async () => {
  const createdAt = Date.UTC(2026, 10, 20, 2, 41, 17, 212)
  const older = await insertUrgent({ to: [BOB], message: "The survey is down", createdAt, sentAt: Date.now() - 10 })
  const newer = await insertUrgent({ to: [BOB] })
  const read = await insertUrgent({ to: [BOB] })
  await setRead(BOB, [read], true)
  await insertUrgent({ to: [BOB], urgent: false })
  const answer = await bob.get(PATH)
  expect(answer.status).toBe(200)
  expect(answer.headers.get("content-type")).toContain("application/json")
  const item = { author: "Dalgo", category: "incident", urgent: true, read_status: false }
  expect(await answer.json()).toEqual({
    success: true,
    res: [
      { ...item, id: newer, message: "The warehouse is down", timestamp: expect.any(String) },
      { ...item, id: older, message: "The survey is down", timestamp: "2026-11-20T02:41:17.212Z" },
    ],
    total: 2,
  })
})

it("is empty for a person without notifications", async () => {
  expect(await (await dora.get(`${PATH}/`)).json()).toEqual({ success: true, res: [], total: 0 })
})

it("returns nothing of another person's bar", async () => {
  await insertUrgent({ to: [BOB] })
  expect(await (await charlie.get(PATH)).json<any>()).toMatchObject({ res: [], total: 0 })
  expect((await charlie.get(PATH, { "x-dalgo-org": "acme" })).status).toBe(404)
  expect(await (await alice.get(PATH)).json<any>()).toMatchObject({ res: [], total: 0 })
})

it("returns 403 to a server and 401 without a token", async () => {
  expect((await server.get(PATH)).status).toBe(403)
  expect((await anonymous.get(PATH)).status).toBe(401)
})

it("makes no database query when the bar is loaded", async () => {
  await insertUrgent({ to: [BOB] })
  await bob.get(PATH)
  const queries = countQueries()
  for (let i = 0; i < 5; i++) expect((await (await bob.get(PATH)).json<any>()).total).toBe(1)
  expect(queries.statements()).toBe(0)
})

it("makes no database query after an arrival that updated the stored bar", async () => {
  await bob.get(PATH)
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  const queries = countQueries()
  expect((await (await bob.get(PATH)).json<any>()).res).toMatchObject([{ id }])
  expect(queries.statements()).toBe(0)
})

it("makes one database round trip to load a bar", async () => {
  await addMembersToAcme(1)
  await bob.get("/api/notifications/categories")
  const queries = countQueries()
  await bob.get(PATH)
  expect(queries.batches()).toBe(1)
})

it("reads the database when the object fails, and the object again when it works", async () => {
  const id = await insertUrgent({ to: [BOB] })
  await bob.get(PATH)
  await breakObject()
  const answer = await bob.get(PATH)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({
    success: true,
    res: [
      {
        id,
        author: "Dalgo",
        message: "The warehouse is down",
        category: "incident",
        timestamp: expect.any(String),
        urgent: true,
        read_status: false,
      },
    ],
    total: 1,
  })

  await abortAllDurableObjects()
  await bob.get(PATH)
  const queries = countQueries()
  expect((await (await bob.get(PATH)).json<any>()).res).toMatchObject([{ id }])
  expect(queries.statements()).toBe(0)
})

it("shows a change of the read state at once", async () => {
  const ids = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  await bob.get(PATH)
  for (const [i, id] of ids.entries()) {
    await bob.put("/api/notifications/v1", { notification_ids: [id], read_status: true })
    expect((await (await bob.get(PATH)).json<any>()).total).toBe(ids.length - 1 - i)
  }
})
