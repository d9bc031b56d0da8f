import { beforeEach, describe, expect, it, vi } from "vitest"
import { PLATFORM_MARK } from "../../../src/runtime/platform"
import { bob, tokenFor } from "../../support/people"
import { backendFailures, requestWithBackend, storedInBackend, PATH, BACKEND, backend } from "./backend"
import { defaultUserPreferences } from "./default-user-preferences"

const storedHere = () => ({ ...defaultUserPreferences(), disclaimer_shown: true, enable_email_notifications: false })
const backendWith = (enable_email_notifications: boolean) => ({ ...storedInBackend(), enable_email_notifications })

let failures: ReturnType<typeof backendFailures>
beforeEach(() => {
  failures = backendFailures()
})

describe("the settings in the backend", () => {
  it("are returned with unknown fields, and with the e-mail switch of this service", async () => {
    backend()
    expect((await requestWithBackend()).body).toEqual({ success: true, res: backendWith(true) })
    await bob.put(PATH, { enable_email_notifications: false })
    backend(() => Response.json({ success: true, res: backendWith(true) }))
    expect((await requestWithBackend()).body).toEqual({ success: true, res: backendWith(false) })
    expect(failures()).toEqual([])
  })

  it("are completed by the settings stored here if the backend lacks a field", async () => {
    await bob.put(PATH, { trial_walkthrough: { insights: { skipped: true } }, disclaimer_shown: true })
    backend(() => Response.json({ success: true, res: { disclaimer_shown: false } }))
    expect((await requestWithBackend()).body.res).toEqual({
      ...defaultUserPreferences(),
      trial_walkthrough: { insights: { skipped: true } },
      disclaimer_shown: false,
    })
  })
})

describe("the request to the backend", () => {
  it("is made once, with the credentials and the organisation of the caller", async () => {
    const { requests } = backend()
    const token = await tokenFor(bob.userId)
    const headers = { cookie: `a=b; access_token=${token}`, authorization: "Bearer of-another-server", accept: "x/y" }
    await requestWithBackend({ headers: { ...headers, "x-dalgo-org": "acme" } })
    const [request] = requests
    expect(requests).toHaveLength(1)
    expect(request).toMatchObject({ method: "GET", url: `${BACKEND}/api/userpreferences/`, redirect: "manual" })
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      cookie: headers.cookie,
      authorization: headers.authorization,
      "x-dalgo-org": "acme",
      [PLATFORM_MARK]: "1",
    })
  })

  it("names the organisation even if the caller chose none", async () => {
    const { requests } = backend()
    await requestWithBackend()
    expect(requests[0]?.headers.get("x-dalgo-org")).toBe("acme")
    expect(requests[0]?.headers.has("authorization")).toBe(false)
  })

  it("is not made for a caller who is refused here", async () => {
    const { requests } = backend(() => Response.json([]))
    expect((await requestWithBackend({ headers: { cookie: "" } })).status).toBe(401)
    expect((await requestWithBackend({ headers: { "x-dalgo-org": "globex" } })).status).toBe(404)
    // It is asked only whether it knows the person in that organisation.
    expect(requests.map(({ url }) => url)).toEqual([`${BACKEND}/api/currentuserv2`])
  })

  it("is not made if no backend is connected", async () => {
    const { requests } = backend()
    expect((await (await bob.get(PATH)).json<any>()).res).toEqual(defaultUserPreferences())
    expect(requests).toEqual([])
  })
})

describe("a switch that was switched off here", () => {
  const OFF = { enable_email_notifications: false, enable_schema_change_notifications: false }
  const settings = (res: object) => () => Response.json({ success: true, res: { ...storedInBackend(), ...res } })
  const changesOf = (requests: Request[]) =>
    Promise.all(requests.filter(({ method }) => method === "PUT").map((one) => one.json()))

  it("is handed to a backend that does not know it yet, when the person reads their settings", async () => {
    await bob.put(PATH, OFF)
    const { requests } = backend(settings({ enable_email_notifications: true }))
    expect((await requestWithBackend()).body.res).toMatchObject(OFF)
    expect(await changesOf(requests)).toEqual([OFF])
  })

  it("is not handed to one that knows it, or has no such switch", async () => {
    await bob.put(PATH, OFF)
    const { requests } = backend(settings({ ...OFF, enable_schema_change_notifications: undefined }))
    await requestWithBackend()
    expect(await changesOf(requests)).toEqual([])
  })

  it("is the only kind that is handed over so: what nobody chose here is not", async () => {
    const { requests } = backend(settings({ enable_email_notifications: false }))
    await requestWithBackend()
    await bob.put(PATH, { enable_email_notifications: true })
    await requestWithBackend()
    expect(await changesOf(requests)).toEqual([])
  })
})

describe("without a valid answer of the backend, the settings stored here are returned", () => {
  beforeEach(async () => {
    await bob.put(PATH, { enable_email_notifications: false, disclaimer_shown: true })
  })

  const json = (body: unknown, status = 200) => Response.json(body, { status })
  const elsewhere = (status: number) => new Response(null, { status, headers: { location: "https://evil.test/" } })

  it.each<[string, Response, object]>([
    ["500", json({ success: true, res: storedInBackend() }, 500), { status: 500, reason: "unexpected answer" }],
    ["502 in HTML", new Response("<h1>Bad gateway</h1>", { status: 502 }), { status: 502, reason: "SyntaxError" }],
    ["401", json({ detail: "Invalid or expired token" }, 401), { status: 401, reason: "unexpected answer" }],
    ["498", json({ detail: "Token expired" }, 498), { status: 498, reason: "unexpected answer" }],
    ["404", json({ detail: "Not Found" }, 404), { status: 404, reason: "unexpected answer" }],
    ["201", json({ success: true, res: storedInBackend() }, 201), { status: 201, reason: "unexpected answer" }],
    ["a redirect", elsewhere(302), { status: 302, reason: "SyntaxError" }],
    ["a permanent redirect", elsewhere(308), { status: 308, reason: "SyntaxError" }],
    ["a page", new Response("<html>"), { status: 200, reason: "SyntaxError" }],
    ["nothing", new Response(""), { status: 200, reason: "SyntaxError" }],
    ["null", json(null), { status: 200, reason: "unexpected answer" }],
    ["a list", json([storedInBackend()]), { status: 200, reason: "unexpected answer" }],
    ["no success", json({ success: false, res: storedInBackend() }), { status: 200, reason: "unexpected answer" }],
    [
      "another envelope",
      json({ success: true, data: storedInBackend() }),
      { status: 200, reason: "unexpected answer" },
    ],
    ["a list of results", json({ success: true, res: [] }), { status: 200, reason: "unexpected answer" }],
    [
      "a field of another type",
      json({ success: true, res: { ...storedInBackend(), disclaimer_shown: "yes" } }),
      { status: 200, reason: "unexpected answer" },
    ],
  ])("%s", async (_, response, failure) => {
    const { requests } = backend(() => response)
    expect(await requestWithBackend()).toMatchObject({ status: 200, body: { success: true, res: storedHere() } })
    expect(requests).toHaveLength(1)
    expect(failures()).toEqual([failure])
  })

  it("no connection", async () => {
    backend(() => {
      throw new TypeError("network unreachable")
    })
    expect((await requestWithBackend()).body.res).toEqual(storedHere())
    expect(failures()).toEqual([{ reason: "TypeError" }])
  })

  it("no answer for 2 seconds", async () => {
    const late = () => AbortSignal.abort(new DOMException("too late", "TimeoutError"))
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(late)
    backend((request) => {
      request.signal.throwIfAborted()
      return Response.json({ success: true, res: storedInBackend() })
    })
    expect((await requestWithBackend()).body.res).toEqual(storedHere())
    expect(timeout.mock.calls).toEqual([[2_000]])
    expect(failures()).toEqual([{ reason: "TimeoutError" }])
  })

  it("half an answer, then a timeout", async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"success": true, "res": {'))
        controller.error(new DOMException("too late", "TimeoutError"))
      },
    })
    backend(() => new Response(body))
    expect((await requestWithBackend()).body.res).toEqual(storedHere())
    expect(failures()).toEqual([{ status: 200, reason: "TimeoutError" }])
  })
})
