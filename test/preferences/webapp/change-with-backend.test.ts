import { beforeEach, describe, expect, it, vi } from "vitest"
import { PLATFORM_MARK } from "../../../src/runtime/platform"
import { bob, cookieOf } from "../../support/people"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"
import { changeWithBackend, backendFailures, storedInBackend, PATH, BACKEND, backend } from "./backend"
import { defaultUserPreferences } from "./default-user-preferences"

/** A backend that stores changes and returns them. */
function storingBackend() {
  const stored: Record<string, unknown> = storedInBackend()
  const { requests } = backend(async (request) => {
    if (request.method === "PUT") Object.assign(stored, await request.json())
    return Response.json({ success: true, res: stored })
  })
  const changes = () => Promise.all(requests.filter(({ method }) => method === "PUT").map((one) => one.clone().json()))
  return { requests, changes }
}

/** A backend that answers every change like this and changes nothing. */
const refusingBackend = (respond: () => Response) =>
  backend((request) =>
    request.method === "PUT" ? respond() : Response.json({ success: true, res: storedInBackend() }),
  )

const switches = () => selectRows("SELECT category, channel, enabled FROM user_notification_preferences")
const storedHere = () => selectRows("SELECT * FROM user_preferences")
const EMAIL_OFF = [{ category: "all", channel: "email", enabled: 0 }]

let failures: ReturnType<typeof backendFailures>
beforeEach(() => {
  failures = backendFailures()
})

describe("a change", () => {
  it("of a switch is stored here and handed to the backend, whose own messages read its copy", async () => {
    const { changes } = storingBackend()
    const { status, body } = await changeWithBackend({ enable_email_notifications: false })
    expect({ status, body }).toEqual({
      status: 200,
      body: { success: true, res: { ...storedInBackend(), enable_email_notifications: false } },
    })
    await changeWithBackend({ enable_schema_change_notifications: false })
    expect(await changes()).toEqual([
      { enable_email_notifications: false },
      { enable_schema_change_notifications: false },
    ])
    expect(await switches()).toEqual([...EMAIL_OFF, { category: "schema_change", channel: "inbox", enabled: 0 }])
  })

  it("of anything else goes to the backend, unknown fields included", async () => {
    const { changes } = storingBackend()
    const part = { disclaimer_shown: false, theme: { dark: true } }
    const { body } = await changeWithBackend(part)
    expect(body.res).toEqual({ ...storedInBackend(), enable_email_notifications: true, ...part })
    expect(await changes()).toEqual([part])
    expect([...(await storedHere()), ...(await switches())]).toEqual([])
  })

  it("of both is one request to the backend", async () => {
    const { changes } = storingBackend()
    const { body } = await changeWithBackend({ enable_email_notifications: false, last_visited_transform_tab: "ui" })
    expect(body.res).toMatchObject({ enable_email_notifications: false, last_visited_transform_tab: "ui" })
    expect(await changes()).toEqual([{ enable_email_notifications: false, last_visited_transform_tab: "ui" }])
    expect(await switches()).toEqual(EMAIL_OFF)
    expect(await storedHere()).toEqual([])
  })

  it("of nothing sends no change to the backend", async () => {
    const { requests } = storingBackend()
    expect((await changeWithBackend({})).body.res).toEqual({ ...storedInBackend(), enable_email_notifications: true })
    expect(requests.map(({ method }) => method)).toEqual(["GET"])
    expect(await switches()).toEqual([])
  })

  it("may be the object that was returned", async () => {
    storingBackend()
    const { body } = await changeWithBackend({})
    expect((await changeWithBackend(body.res)).body).toEqual(body)
  })

  it("is sent with the credentials of the caller", async () => {
    const { requests } = storingBackend()
    await changeWithBackend({ disclaimer_shown: false })
    const [request] = requests
    expect(request).toMatchObject({ method: "PUT", url: `${BACKEND}/api/userpreferences/`, redirect: "manual" })
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      cookie: expect.stringMatching(/^access_token=/),
      "content-type": "application/json",
      "x-dalgo-org": "acme",
      [PLATFORM_MARK]: "1",
    })
  })

  it("that is invalid is refused before the backend is called", async () => {
    const { requests } = storingBackend()
    for (const part of [{ enable_email_notifications: "maybe" }, { disclaimer_shown: 2, theme: "dark" }, [], null]) {
      expect((await changeWithBackend(part)).status).toBe(422)
    }
    expect(requests).toEqual([])
  })

  it("is returned from here if the backend fails after storing it", async () => {
    backend(({ method }) => (method === "PUT" ? Response.json({ success: true, res: {} }) : new Response("")))
    const { status, body } = await changeWithBackend({ enable_email_notifications: false, disclaimer_shown: true })
    expect(status).toBe(200)
    expect(body.res.enable_email_notifications).toBe(false)
    expect(await switches()).toEqual(EMAIL_OFF)
  })
})

describe("a change that the backend does not accept", () => {
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
  ])("is a 503 and changes nothing here: %s", async (_, respond) => {
    const { requests } = refusingBackend(respond)
    const { status, headers, body } = await changeWithBackend(both)
    expect({ status, body }).toEqual({ status: 503, body: { detail: "Dalgo's backend did not accept the change" } })
    expect(headers.get("retry-after")).toBe("5")
    expect(requests).toHaveLength(1)
    expect([...(await switches()), ...(await storedHere())]).toEqual([])
    expect(failures()).toHaveLength(1)
  })

  it("is a 503 after a timeout", async () => {
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort())
    backend((request) => {
      request.signal.throwIfAborted()
      return Response.json({ success: true, res: storedInBackend() })
    })
    expect((await changeWithBackend(both)).status).toBe(503)
    expect(await switches()).toEqual([])
  })

  it("returns the message of a 400", async () => {
    refusingBackend(json({ detail: "Preferences are frozen" }, 400))
    const { status, body } = await changeWithBackend(both)
    expect({ status, body }).toEqual({ status: 400, body: { detail: "Preferences are frozen" } })
    expect(await switches()).toEqual([])
  })

  it("returns the errors of a 422 without other fields", async () => {
    const issue = { loc: ["body", "payload", "theme"], msg: "Input should be a string", type: "string_type" }
    refusingBackend(json({ detail: [{ ...issue, ctx: { secret: 1 }, input: both }] }, 422))
    const { status, body } = await changeWithBackend({ ...both, theme: 1 })
    expect({ status, body }).toEqual({ status: 422, body: { detail: [issue] } })
    expect(await switches()).toEqual([])
    expect(failures()).toEqual([])
  })

  it("does not affect the e-mail switch alone", async () => {
    backend(() => new Response("", { status: 500 }))
    const { status, body } = await changeWithBackend({ enable_email_notifications: false })
    expect(status).toBe(200)
    expect(body.res.enable_email_notifications).toBe(false)
    expect(await switches()).toEqual(EMAIL_OFF)
  })

  it("can be repeated once the backend is back", async () => {
    refusingBackend(json({ detail: "busy" }, 503))
    await changeWithBackend(both)
    const { changes } = storingBackend()
    for (let i = 0; i < 2; i++) expect((await changeWithBackend(both)).status).toBe(200)
    expect(await changes()).toEqual([both, both])
    expect(await switches()).toEqual(EMAIL_OFF)
  })
})

it("ignores an unknown field if no backend is connected", async () => {
  const { requests } = storingBackend()
  const answer = await bob.put(PATH, { enable_email_notifications: false, theme: "dark" })
  expect(answer.status).toBe(200)
  expect((await answer.json<any>()).res).toEqual({ ...defaultUserPreferences(), enable_email_notifications: false })
  expect(requests).toEqual([])
  expect(await switches()).toEqual(EMAIL_OFF)
})

describe("a switch in the notification preferences", () => {
  const PREFERENCES = "/api/notifications/preferences"
  const put = async (change: object, variables: object = { PLATFORM_ORIGIN: BACKEND }) => {
    const headers = { ...(await cookieOf(bob.userId)), "content-type": "application/json" }
    const answer = await workerWithEnv(variables)(PREFERENCES, { method: "PUT", headers, body: JSON.stringify(change) })
    return { status: answer.status, body: await answer.json<any>() }
  }

  it("is handed to the backend under the name that it has there, and no other setting", async () => {
    const { requests, changes } = storingBackend()
    await put({ email_notifications_enabled: false, incident_notifications: false, timezone: "Asia/Kolkata" })
    await put({ schema_change_notifications: false })
    await put({ incident_notifications: true, channels: { schema_change: { email: false } } })
    expect(await changes()).toEqual([
      { enable_email_notifications: false },
      { enable_schema_change_notifications: false },
    ])
    expect(requests).toHaveLength(2)
    expect(requests[0]?.headers.get("cookie")).toMatch(/^access_token=/)
    expect(failures()).toEqual([])
  })

  it("stays changed here if the backend does not take it, which is logged", async () => {
    backend(() => Response.json({ detail: "boom" }, { status: 500 }))
    const { status, body } = await put({ email_notifications_enabled: false })
    expect({ status, isOn: body.res.email_notifications_enabled }).toEqual({ status: 200, isOn: false })
    expect(await switches()).toEqual(EMAIL_OFF)
    expect(failures()).toEqual([{ reason: "unexpected answer", status: 500 }])
  })

  it("is handed on by no server, whose key is not for the backend", async () => {
    const { requests } = backend()
    const answer = await workerWithEnv({ PLATFORM_ORIGIN: BACKEND })(PREFERENCES, {
      method: "PUT",
      headers: {
        authorization: "Bearer service-key-new",
        "x-dalgo-user": bob.userId,
        "content-type": "application/json",
      },
      body: JSON.stringify({ email_notifications_enabled: false }),
    })
    expect(answer.status).toBe(200)
    expect(await switches()).toEqual(EMAIL_OFF)
    expect(requests).toEqual([])
  })

  it("is changed while PLATFORM_ORIGIN is not usable", async () => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    expect((await put({ email_notifications_enabled: false }, { PLATFORM_ORIGIN: "dalgo" })).status).toBe(200)
    expect(await switches()).toEqual(EMAIL_OFF)
    expect(log.mock.calls.map(([line]) => JSON.parse(line).event)).toEqual(["misconfigured"])
  })
})
