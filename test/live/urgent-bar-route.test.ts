import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test"
import { expect, it } from "vitest"
import { alice, anonymous, bob, charlie, dora, server } from "../support/people"
import { acmeBar, addMembersToAcme, countQueries, insertUrgent, setRead } from "../support/urgent-bar"

const BOB = bob.orgUserId
const PATH = "/api/notifications/urgent-bar"

/** A fault of storage: whoever asks this object from now on gets an error. */
const breakObject = () =>
  runInDurableObject(acmeBar(), (_, { storage }) => {
    storage.sql.exec("DROP TABLE people")
  })

it("shows what is urgent, unread and sent, newest first, and how many", async () => {
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

it("is empty for somebody who never got anything", async () => {
  expect(await (await dora.get(`${PATH}/`)).json()).toEqual({ success: true, res: [], total: 0 })
})

it("shows a stranger nothing of it", async () => {
  await insertUrgent({ to: [BOB] })
  expect(await (await charlie.get(PATH)).json<any>()).toMatchObject({ res: [], total: 0 })
  expect((await charlie.get(PATH, { "x-dalgo-org": "acme" })).status).toBe(404)
  expect(await (await alice.get(PATH)).json<any>()).toMatchObject({ res: [], total: 0 })
})

it("is a person's: there is none for a server, and none without a token", async () => {
  expect((await server.get(PATH)).status).toBe(403)
  expect((await anonymous.get(PATH)).status).toBe(401)
})

it("costs no round trip to the database once it is warm", async () => {
  await insertUrgent({ to: [BOB] })
  await bob.get(PATH)
  const asked = countQueries()
  for (let i = 0; i < 5; i++) expect((await (await bob.get(PATH)).json<any>()).total).toBe(1)
  expect(asked.statements()).toBe(0)
})

it("costs no round trip for what arrived and was read since, as the copy was carried forward", async () => {
  await bob.get(PATH)
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  const asked = countQueries()
  expect((await (await bob.get(PATH)).json<any>()).res).toMatchObject([{ id }])
  expect(asked.statements()).toBe(0)
})

it("costs one round trip for somebody who was not seen before", async () => {
  await addMembersToAcme(1)
  await bob.get("/api/notifications/categories")
  const asked = countQueries()
  await bob.get(PATH)
  expect(asked.batches()).toBe(1)
})

it("reads the database itself when the object fails, and the object again when it is well", async () => {
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
  const asked = countQueries()
  expect((await (await bob.get(PATH)).json<any>()).res).toMatchObject([{ id }])
  expect(asked.statements()).toBe(0)
})

it("shows what was just marked, without waiting for anything", async () => {
  const ids = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  await bob.get(PATH)
  for (const [i, id] of ids.entries()) {
    await bob.put("/api/notifications/v1", { notification_ids: [id], read_status: true })
    expect((await (await bob.get(PATH)).json<any>()).total).toBe(ids.length - 1 - i)
  }
})
