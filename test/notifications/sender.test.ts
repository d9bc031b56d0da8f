import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { insertNotification } from "../support/inbox"
import { alice, type ApiClient, bob, charlie, dora, server, userClient } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"

const PATH = "/api/notifications/"
const HISTORY = "/api/notifications/history"
const toAcme = { author: "a", message: "m", sent_to: "all_org_users" as const, org_slug: "acme" }

let lines: Record<string, unknown>[]
beforeEach(() => {
  captureQueues()
  lines = []
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(JSON.parse(line)))
})

const send = async (speaker: ApiClient, changes: object = {}) => {
  const answer = await speaker.post(PATH, { ...toAcme, ...changes })
  return { status: answer.status, body: await answer.json<any>() }
}
const senders = () => selectRows("SELECT created_by FROM notifications ORDER BY id")
const historyOf = async (speaker: ApiClient, query = "") =>
  (await (await speaker.get(HISTORY + query)).json<any>()).res.map((item: any) => item.created_by)
const publications = () => lines.filter(({ event }) => event === "notification_published").map(({ caller }) => caller)

describe("the sender", () => {
  it.each([
    ["a person", () => send(alice), /^person:1$/],
    ["a super-admin", () => send(dora), /^person:4$/],
    ["a server", () => send(server), /^service:[\da-f]{12}$/],
    ["another Worker", () => env.NOTIFICATIONS.createNotification(toAcme), /^service:binding$/],
    [
      "the service, of a signal by RPC",
      () =>
        env.NOTIFICATIONS.createLateRunNotification({
          flowName: "Nightly",
          orgSlug: "acme",
          expectedTime: "2026-11-25T02:00:00Z",
          delayMinutes: 5,
        }),
      /^system$/,
    ],
    [
      "the service, of a signal by HTTP",
      () => server.post("/api/signals/schema-change", { org_slug: "acme", source: "Kobo", changes: ["x"] }),
      /^system$/,
    ],
  ] as const)("is recorded and logged: %s", async (_, publish, expected) => {
    await publish()
    const [row] = await senders()
    expect(row?.created_by).toMatch(expected)
    expect(publications()).toEqual([row?.created_by])
  })

  it("is of the first request, if one is repeated", async () => {
    const key = { "idempotency-key": "once" }
    await server.post(PATH, toAcme, key)
    await server.post(PATH, toAcme, { ...key, authorization: "Bearer service-key-old" })
    expect(await senders()).toHaveLength(1)
  })

  it("is not logged if the id of the person may be an address", async () => {
    await server.patch("/api/orgs/acme/members", [{ user_id: "ivy@acme.test", email: "ivy@acme.test", role: "admin" }])
    await send(userClient("ivy@acme.test"))
    expect(await senders()).toEqual([{ created_by: "person:ivy@acme.test" }])
    expect(publications()).toEqual(["person"])
    expect(JSON.stringify(lines)).not.toContain("ivy@")
  })

  it("is shown to admins in the history, with the address of a person of their own organisation only", async () => {
    await insertNotification({ message: "of before" })
    await send(server)
    await send(dora)
    await send(alice)
    await env.NOTIFICATIONS.createSchemaChangeNotification({ orgSlug: "acme", source: "Kobo", changes: ["x"] })
    const own = { kind: "person", email: alice.email }
    const [system, byServer] = [
      { kind: "system", email: null },
      { kind: "server", email: null },
    ]
    expect(await historyOf(alice)).toEqual([system, own, { kind: "person", email: null }, byServer, null])
    expect(await historyOf(dora, "?org_slug=acme")).toEqual([
      system,
      own,
      { kind: "person", email: dora.email },
      byServer,
      null,
    ])
    expect(await historyOf(charlie)).toEqual([])
    expect((await bob.get(HISTORY)).status).toBe(403)
    // A former member of the organisation is still known to it.
    await server.delete("/api/orgs/acme/members/1")
    await server.patch("/api/orgs/acme/members", [{ user_id: 2, email: bob.email, role: "admin" }])
    expect(await historyOf(bob)).toEqual([system, own, { kind: "person", email: null }, byServer, null])
  })

  it("is not in an inbox", async () => {
    await send(alice)
    const inbox = await (await bob.get("/api/notifications/v1")).text()
    const ownByHistory = await (await alice.get(`${HISTORY}?read_status=0`)).text()
    for (const text of [inbox, ownByHistory]) expect(text).not.toContain("created_by")
  })
})

describe("the name Dalgo", () => {
  it.each(["Dalgo", "dalgo", "D a l g o", "Dalgo Team", "D\u0430lgo", "Dal\u200Bgo", "support@dalgo.org"])(
    "is not for people: %j",
    async (author) => {
      for (const person of [alice, dora]) {
        expect(await send(person, { author })).toEqual({
          status: 422,
          body: {
            detail: [
              {
                loc: ["body", "author"],
                msg: "only the service itself and servers may send as Dalgo: use your own name or address",
                type: "custom",
              },
            ],
          },
        })
      }
      expect(await senders()).toEqual([])
    },
  )

  it("is refused before the organisation is looked at, and to members as before", async () => {
    expect((await send(charlie, { author: "Dalgo" })).status).toBe(422)
    expect((await send(bob, { author: "Dalgo" })).status).toBe(403)
  })

  it("is for servers, as is System", async () => {
    for (const author of ["Dalgo", "System", "Dalgo Team"]) {
      expect((await send(server, { author })).body.res.author).toBe(author)
    }
    expect((await env.NOTIFICATIONS.createNotification({ ...toAcme, author: "Dalgo" })).author).toBe("Dalgo")
  })

  it("may be in a person's own address", async () => {
    await server.patch("/api/orgs/dalgo/members", [{ user_id: 4, email: "dora@dalgo.org", role: "super-admin" }])
    expect((await send(dora, { author: "Dora@dalgo.org" })).status).toBe(200)
    expect((await send(alice, { author: "dora@dalgo.org" })).status).toBe(422)
  })
})
