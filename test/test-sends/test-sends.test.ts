import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { outside } from "../support/outside"
import { alice, bob, charlie, cookieOf, dora, nobody, server } from "../support/people"
import { DISCORD_WEBHOOK, rooms, type Said, SLACK_WEBHOOK } from "../support/rooms"
import { rows } from "../support/rows"
import { workerWith } from "../support/worker-with"

const IN_ACME = { "x-dalgo-org": "acme" }

function world(fail?: (said: Said) => Response | undefined) {
  const said = rooms(fail)
  const { requests } = outside(said.handler)
  return { ...said, requests }
}
const hear = async (answering: Promise<Response>) => {
  const answer = await answering
  return { status: answer.status, body: await answer.json<any>(), wait: answer.headers.get("retry-after") }
}

describe.each([
  { room: "discord", name: "Discord", webhook: DISCORD_WEBHOOK },
  { room: "slack", name: "Slack", webhook: SLACK_WEBHOOK },
] as const)("a test on $name", ({ room, name, webhook }) => {
  const PATH = `/api/orgpreferences/test-${room}`
  const SENT = { status: 200, body: { success: true, message: `The test is on ${name}.` }, wait: null }
  const test = () => hear(alice.post(PATH))
  const store = (isOn = true) =>
    alice.put(`/api/orgpreferences/enable-${room}-notifications`, {
      [`enable_${room}_notifications`]: isOn,
      [`${room}_webhook`]: webhook,
    })

  it("is there at once, and says what it is and for whom", async () => {
    const heard = world()
    await store()
    expect(await test()).toEqual(SENT)
    expect(heard[room].map((said) => said.webhook)).toEqual([webhook])
    const text = JSON.stringify(heard[room][0]?.body)
    expect(text).toContain("This is a test from Dalgo. What Acme is notified of will be told here.")
    expect(await rows("SELECT id FROM notifications")).toEqual([])
  })

  it("needs a webhook", async () => {
    const { requests } = world()
    const none = { status: 400, body: { detail: `No ${name} webhook is stored.` }, wait: null }
    expect(await test()).toEqual(none)
    await store()
    await store(false)
    expect(await test()).toEqual(none)
    expect(requests).toEqual([])
  })

  it("may be tried where the room was switched off for being gone, and changes nothing", async () => {
    world()
    await store()
    await rows(`UPDATE org_preferences SET enable_${room}_notifications = 0, ${room}_gone_at = 1`)
    const before = await rows("SELECT * FROM org_preferences")
    expect(await test()).toEqual(SENT)
    expect(await rows("SELECT * FROM org_preferences")).toEqual(before)
  })

  it.each<[string, Response | Error, number, string, string | null]>([
    [
      "it does not know the webhook",
      new Response("no_service", { status: 404 }),
      400,
      `${name} does not know this webhook any more: make a new one there, and store it here.`,
      null,
    ],
    ["it refuses", new Response("invalid_payload", { status: 400 }), 400, `${name} refused the message.`, null],
    [
      "it leads elsewhere",
      new Response(null, { status: 302, headers: { location: "https://evil.test/" } }),
      400,
      `${name} refused the message.`,
      null,
    ],
    ["it is busy", new Response(null, { status: 429 }), 503, `${name} cannot take a message right now`, "60"],
    ["it fails", new Response(null, { status: 500 }), 503, `${name} cannot take a message right now`, "60"],
    ["nobody is there", new Error("unreachable"), 503, `${name} cannot take a message right now`, "60"],
  ])("says in plain words that %s, and leaves all as it is", async (_, answer, status, detail, wait) => {
    world(() => {
      if (answer instanceof Error) throw answer
      return answer.clone()
    })
    await store()
    const before = await rows("SELECT * FROM org_preferences")
    expect(await test()).toEqual({ status, body: { detail }, wait })
    expect(await rows("SELECT * FROM org_preferences")).toEqual(before)
  })

  it("says where the stored webhook cannot be read", async () => {
    const { requests } = world()
    await store()
    const through = workerWith({ SECRETS_KEYS: "" })
    const answer = await hear(through(PATH, { method: "POST", headers: await cookieOf(alice.userId) }))
    expect(answer).toMatchObject({ status: 503, body: { detail: "the stored webhook cannot be read" } })
    expect(requests).toEqual([])
  })

  it("is for those who run the organisation", async () => {
    const heard = world()
    await store()
    for (const [one, status] of [
      [nobody, 401],
      [bob, 403],
      [charlie, 404],
    ] as const) {
      expect((await one.post(PATH, undefined, IN_ACME)).status).toBe(status)
    }
    // He has none, and Alice's is not his.
    expect((await hear(charlie.post(PATH))).body).toEqual({ detail: `No ${name} webhook is stored.` })
    expect(heard[room]).toEqual([])
    for (const one of [dora, server]) expect(await hear(one.post(PATH, undefined, IN_ACME))).toEqual(SENT)
    expect(heard[room]).toHaveLength(2)
  })

  it("is limited as sending is", async () => {
    const { requests } = world()
    await store()
    const limit = vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: false })
    expect(await test()).toMatchObject({ status: 429, body: { detail: "too many at once" }, wait: "60" })
    expect(limit).toHaveBeenCalledWith({ key: `person:${alice.userId}` })
    expect(requests).toEqual([])
  })
})
