import { beforeEach, describe, expect, it, vi } from "vitest"
import { bob } from "../../support/people"
import { rows } from "../../support/rows"
import { changeWithBackend, backendFailures, storedInBackend, PATH, BACKEND, backend } from "./backend"

/** A platform that takes what it is given, as Dalgo's does, and shows it when asked. */
function taking() {
  const kept: Record<string, unknown> = storedInBackend()
  const { requests } = backend(async (request) => {
    if (request.method === "PUT") Object.assign(kept, await request.json())
    return Response.json({ success: true, res: kept })
  })
  const taken = () => Promise.all(requests.filter(({ method }) => method === "PUT").map((one) => one.clone().json()))
  return { requests, taken }
}

/** A platform that keeps what it has, and says this when it should take something. */
const refusing = (says: () => Response) =>
  backend((request) => (request.method === "PUT" ? says() : Response.json({ success: true, res: storedInBackend() })))

const switches = () => rows("SELECT category, channel, enabled FROM user_notification_preferences")
const kept = () => rows("SELECT * FROM user_preferences")
const MASTER_OFF = [{ category: "all", channel: "email", enabled: 0 }]

let failures: ReturnType<typeof backendFailures>
beforeEach(() => {
  failures = backendFailures()
})

describe("a change", () => {
  it("of our switch stays with us", async () => {
    const { taken } = taking()
    const { status, body } = await changeWithBackend({ enable_email_notifications: false })
    expect({ status, body }).toEqual({
      status: 200,
      body: { success: true, res: { ...storedInBackend(), enable_email_notifications: false } },
    })
    expect(await taken()).toEqual([])
    expect(await switches()).toEqual(MASTER_OFF)
  })

  it("of anything else goes to the platform as it is, what we do not know included", async () => {
    const { taken } = taking()
    const part = { disclaimer_shown: false, enable_schema_change_notifications: false, theme: { dark: true } }
    const { body } = await changeWithBackend(part)
    expect(body.res).toEqual({ ...storedInBackend(), enable_email_notifications: true, ...part })
    expect(await taken()).toEqual([part])
    expect([...(await kept()), ...(await switches())]).toEqual([])
  })

  it("of both is shared out", async () => {
    const { taken } = taking()
    const { body } = await changeWithBackend({ enable_email_notifications: false, last_visited_transform_tab: "ui" })
    expect(body.res).toMatchObject({ enable_email_notifications: false, last_visited_transform_tab: "ui" })
    expect(await taken()).toEqual([{ last_visited_transform_tab: "ui" }])
    expect(await switches()).toEqual(MASTER_OFF)
    expect(await kept()).toEqual([])
  })

  it("of nothing asks the platform to take nothing", async () => {
    const { requests } = taking()
    expect((await changeWithBackend({})).body.res).toEqual({ ...storedInBackend(), enable_email_notifications: true })
    expect(requests.map(({ method }) => method)).toEqual(["GET"])
    expect(await switches()).toEqual([])
  })

  it("takes the whole object back as it was given", async () => {
    taking()
    const { body } = await changeWithBackend({})
    expect((await changeWithBackend(body.res)).body).toEqual(body)
  })

  it("is made in the name of who asked us", async () => {
    const { requests } = taking()
    await changeWithBackend({ disclaimer_shown: false })
    const [request] = requests
    expect(request).toMatchObject({ method: "PUT", url: `${BACKEND}/api/userpreferences/`, redirect: "manual" })
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      cookie: expect.stringMatching(/^access_token=/),
      "content-type": "application/json",
      "x-dalgo-org": "acme",
    })
  })

  it("that does not fit is refused before the platform hears of it", async () => {
    const { requests } = taking()
    for (const part of [{ enable_email_notifications: "no" }, { disclaimer_shown: 1, theme: "dark" }, [], null]) {
      expect((await changeWithBackend(part)).status).toBe(422)
    }
    expect(requests).toEqual([])
  })

  it("is shown as far as we know, if the platform took it and then falls silent", async () => {
    backend(({ method }) => (method === "PUT" ? Response.json({ success: true, res: {} }) : new Response("")))
    const { status, body } = await changeWithBackend({ enable_email_notifications: false, disclaimer_shown: true })
    expect(status).toBe(200)
    expect(body.res.enable_email_notifications).toBe(false)
    expect(await switches()).toEqual(MASTER_OFF)
  })
})

describe("a platform that does not take it changes nothing here either", () => {
  const both = { enable_email_notifications: false, disclaimer_shown: true }
  const json = (body: unknown, status: number) => () => Response.json(body, { status })

  it.each<[string, () => Response]>([
    ["500", json({ detail: "boom" }, 500)],
    ["503", json({ detail: "busy" }, 503)],
    ["429", json({ detail: "slower" }, 429)],
    ["401, which would log the person out", json({ detail: "Invalid or expired token" }, 401)],
    ["403", json({ detail: "unauthorized" }, 403)],
    ["404", json({ detail: "Not Found" }, 404)],
    ["400 without a reason", json({ error: "no" }, 400)],
    ["422 in HTML", () => new Response("<h1>no</h1>", { status: 422 })],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } })],
    ["a page", () => new Response("<html>")],
    ["no success", json({ success: false }, 200)],
    [
      "no host",
      () => {
        throw new TypeError("network unreachable")
      },
    ],
  ])("and is unavailable: %s", async (_, says) => {
    const { requests } = refusing(says)
    const { status, headers, body } = await changeWithBackend(both)
    expect({ status, body }).toEqual({ status: 503, body: { detail: "the platform did not take it" } })
    expect(headers.get("retry-after")).toBe("5")
    expect(requests).toHaveLength(1)
    expect([...(await switches()), ...(await kept())]).toEqual([])
    expect(failures()).toHaveLength(1)
  })

  it("and is unavailable when it is silent", async () => {
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort())
    backend((request) => {
      request.signal.throwIfAborted()
      return Response.json({ success: true, res: storedInBackend() })
    })
    expect((await changeWithBackend(both)).status).toBe(503)
    expect(await switches()).toEqual([])
  })

  it("and is heard, where it says what is wrong with the input", async () => {
    refusing(json({ detail: "Preferences are frozen" }, 400))
    const { status, body } = await changeWithBackend(both)
    expect({ status, body }).toEqual({ status: 400, body: { detail: "Preferences are frozen" } })
    expect(await switches()).toEqual([])
  })

  it("and is heard with the places of what is wrong, without what it says besides", async () => {
    const flaw = { loc: ["body", "payload", "theme"], msg: "Input should be a string", type: "string_type" }
    refusing(json({ detail: [{ ...flaw, ctx: { secret: 1 }, input: both }] }, 422))
    const { status, body } = await changeWithBackend({ ...both, theme: 1 })
    expect({ status, body }).toEqual({ status: 422, body: { detail: [flaw] } })
    expect(await switches()).toEqual([])
    expect(failures()).toEqual([])
  })

  it("but is not asked for our switch alone", async () => {
    backend(() => new Response("", { status: 500 }))
    const { status, body } = await changeWithBackend({ enable_email_notifications: false })
    expect(status).toBe(200)
    expect(body.res.enable_email_notifications).toBe(false)
    expect(await switches()).toEqual(MASTER_OFF)
  })

  it("may be asked again, when it is back", async () => {
    refusing(json({ detail: "busy" }, 503))
    await changeWithBackend(both)
    const { taken } = taking()
    for (let i = 0; i < 2; i++) expect((await changeWithBackend(both)).status).toBe(200)
    expect(await taken()).toEqual([{ disclaimer_shown: true }, { disclaimer_shown: true }])
    expect(await switches()).toEqual(MASTER_OFF)
  })
})

it("without a platform nobody takes a field that we do not know", async () => {
  const { requests } = taking()
  const answer = await bob.put(PATH, { enable_email_notifications: false, theme: "dark" })
  expect(answer.status).toBe(422)
  expect((await answer.json<any>()).detail).toEqual([
    { loc: ["body", "theme"], msg: "no such field", type: "unrecognized_keys" },
  ])
  expect(requests).toEqual([])
  expect(await switches()).toEqual([])
})
