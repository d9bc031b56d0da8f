import { beforeEach, describe, expect, it, vi } from "vitest"
import { PLATFORM_MARK } from "../../src/runtime/platform"
import { fakeFetch } from "../support/fake-fetch"
import { bob, cookieOf, request, tokenFor } from "../support/people"
import { workerWithEnv } from "../support/worker-with-env"

const BACKEND = "https://platform.dalgo.test"
const APP = "https://app.dalgo.test"
const PLAN = "/api/orgpreferences/org-plan"

const connected = workerWithEnv({ PLATFORM_ORIGIN: BACKEND })

type Respond = (request: Request) => Response | Promise<Response>
const backend = (respond: Respond = () => Response.json({ success: true, res: {} })) =>
  fakeFetch((one) => (one.url.startsWith(`${BACKEND}/`) ? respond(one) : undefined))

let cookie: string
beforeEach(async () => {
  cookie = `${(await cookieOf(bob.userId)).cookie}; csrftoken=abc`
})

type Init = Omit<RequestInit, "headers"> & { headers?: Record<string, string> }
const send = (path: string, { headers = {}, ...init }: Init = {}) =>
  connected(path, { ...init, headers: { cookie, ...headers } })

describe("a path below the web app's preferences that is not ours", () => {
  it.each([
    ["PUT", "/api/userpreferences/trial-walkthrough"],
    ["POST", "/api/userpreferences/llm_analysis/request"],
    ["GET", "/api/orgpreferences/org-plan"],
    ["POST", "/api/orgpreferences/org-plan/upgrade"],
    ["GET", "/api/orgpreferences/toolinfo"],
    ["PUT", "/api/orgpreferences/llm_approval"],
    ["PUT", "/api/orgpreferences/sharing/"],
    ["GET", "/api/orgpreferences/access-defaults?role=member&role=a%20b&empty="],
    ["PATCH", "/api/orgpreferences/access-defaults/7"],
    ["DELETE", "/api/orgpreferences/members/bob%40acme.test"],
    ["GET", "/api/orgpreferences/enable-discord-notifications"],
  ])("is handed to Dalgo's backend as it came: %s %s", async (method, path) => {
    const { requests } = backend()
    const body = method === "GET" ? undefined : '{ "flow":"insights",\n "completed":true, "ä": 1.0 }'
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "x-dalgo-org": "acme",
      "x-csrftoken": "abc",
      "accept-language": "hi, en;q=0.5",
      authorization: "Bearer of-another-server",
      referer: `${APP}/settings`,
      origin: APP,
    }
    const answer = await send(path, { method, headers, ...(body && { body }) })
    expect(answer.status).toBe(200)
    expect(requests).toHaveLength(1)
    const [one] = requests
    expect(one).toMatchObject({ method, url: BACKEND + path, redirect: "manual" })
    expect(await one?.text()).toBe(body ?? "")
    const sent = Object.fromEntries(one?.headers ?? [])
    expect(sent).toMatchObject({ ...headers, cookie, [PLATFORM_MARK]: "1" })
  })

  it("keeps the bytes of a body, and its type", async () => {
    const bytes = new Uint8Array([0, 255, 128, 10, 13])
    const { requests } = backend()
    await send(PLAN, { method: "POST", body: bytes, headers: { "content-type": "image/png" } })
    expect(new Uint8Array((await requests[0]?.arrayBuffer()) ?? [])).toEqual(bytes)
    expect(requests[0]?.headers.get("content-type")).toBe("image/png")
  })

  it("is handed on without a sign-in here, which the backend checks", async () => {
    backend(() => Response.json({ detail: "Unauthorized" }, { status: 401 }))
    const answer = await connected(PLAN)
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 401,
      body: { detail: "Unauthorized" },
    })
  })

  it("leaves out the headers of the connection, and those that Cloudflare adds", async () => {
    const { requests } = backend()
    await send(PLAN, {
      headers: {
        connection: "keep-alive, x-hop",
        "x-hop": "1",
        te: "trailers",
        "proxy-authorization": "Basic x",
        "cf-connecting-ip": "192.0.2.1",
        "cdn-loop": "cloudflare",
        upgrade: "h2c",
      },
    })
    const names = [...(requests[0]?.headers.keys() ?? [])]
    for (const name of [
      "connection",
      "x-hop",
      "te",
      "proxy-authorization",
      "cf-connecting-ip",
      "cdn-loop",
      "upgrade",
    ]) {
      expect(names).not.toContain(name)
    }
  })
})

describe("the backend's answer", () => {
  it.each([200, 201, 400, 401, 403, 404, 422, 429, 498, 500, 502])("is returned as it is: %i", async (status) => {
    const headers = { "content-type": "text/html; charset=utf-8", "retry-after": "7", "x-of-the-backend": "1" }
    backend(() => new Response(`<p>${status}`, { status, headers }))
    const answer = await send(PLAN)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toBe(`<p>${status}`)
    expect(Object.fromEntries(answer.headers)).toMatchObject(headers)
  })

  it("keeps every cookie that it sets", async () => {
    const set = ["csrftoken=1; Path=/", "access_token=2; Path=/; HttpOnly"]
    backend(() => {
      const headers = new Headers()
      for (const one of set) headers.append("set-cookie", one)
      return new Response("{}", { headers })
    })
    expect((await send(PLAN)).headers.getSetCookie()).toEqual(set)
  })

  it("is not followed where it leads elsewhere", async () => {
    const { requests } = backend(
      () => new Response(null, { status: 302, headers: { location: "https://elsewhere.test/" } }),
    )
    const answer = await send(PLAN)
    expect(answer.status).toBe(302)
    expect(answer.headers.get("location")).toBe("https://elsewhere.test/")
    expect(requests).toHaveLength(1)
  })

  it("is read by the origins that this service allows, whatever the backend says", async () => {
    backend(() =>
      Response.json(
        {},
        {
          headers: {
            "access-control-allow-origin": "*",
            "access-control-allow-credentials": "true",
            "access-control-allow-methods": "TRACE",
            "x-request-id": "theirs",
          },
        },
      ),
    )
    const allowed = await send(PLAN, { headers: { origin: APP } })
    expect(allowed.headers.get("access-control-allow-origin")).toBe(APP)
    expect(allowed.headers.get("access-control-allow-credentials")).toBe("true")
    expect(allowed.headers.get("vary")).toMatch(/origin/i)
    expect(allowed.headers.get("x-request-id")).not.toBe("theirs")
    const foreign = await send(PLAN, { headers: { origin: "https://evil.test" } })
    expect([...foreign.headers.keys()].filter((name) => name.startsWith("access-control-allow"))).toEqual([
      "access-control-allow-credentials",
    ])
  })

  it("is stored by no cache", async () => {
    backend(() => Response.json({}, { headers: { "cache-control": "public, max-age=600", etag: '"1"' } }))
    expect((await send(PLAN)).headers.get("cache-control")).toBe("private, no-store")
  })

  it("answers HEAD without a body", async () => {
    const { requests } = backend(() => new Response(null, { headers: { "x-of-the-backend": "1" } }))
    const answer = await send(PLAN, { method: "HEAD" })
    expect(answer.headers.get("x-of-the-backend")).toBe("1")
    expect(requests[0]?.method).toBe("HEAD")
  })
})

describe("a request that is not handed on", () => {
  const refusal = async (answer: Promise<Response>) => {
    const { status, headers } = await answer
    return { status, type: headers.get("content-type"), body: await (await answer).json<any>() }
  }
  const NOT_FOUND = { status: 404, type: "application/json", body: { detail: "not found" } }
  const NOT_ALLOWED = { status: 403, type: "application/json", body: { detail: "not allowed" } }

  it("is 404 if no backend is connected", async () => {
    const { requests } = backend()
    for (const method of ["GET", "POST", "PUT"]) {
      expect(await refusal(request(PLAN, { method, headers: { cookie } }))).toEqual(NOT_FOUND)
    }
    expect(requests).toEqual([])
  })

  it.each([
    "/api/orgpreferences/%2e%2e%2f%2e%2e%2fadmin",
    "/api/orgpreferences/..%2f..%2fadmin",
    "/api/orgpreferences/a%2Fb",
    "/api/orgpreferences/a%5Cb",
    "/api/orgpreferences/%252e%252e%252fadmin",
    "/api/orgpreferences/..;/admin",
    "/api/orgpreferences/.env",
    "/api/orgpreferences//org-plan",
    "/api/orgpreferences/org-plan//upgrade",
    "/api/orgpreferences//evil.test/x",
    "/api/orgpreferences/a%00b",
    "/api/orgpreferences/a%0d%0aHost:evil.test",
    "/api/orgpreferences/%E0%A4%A",
    "/api/orgpreferences/../admin",
    "/api/orgpreferencesx/org-plan",
    "/api/users/org-plan",
  ])("is 404 if its path could be read as another one: %s", async (path) => {
    const { requests } = backend()
    expect(await refusal(send(path))).toEqual(NOT_FOUND)
    expect(requests).toEqual([])
  })

  it.each(["/api/userpreferences/", "/api/orgpreferences"])(
    "is 404 if it is for %s itself, which is ours",
    async (path) => {
      const { requests } = backend()
      expect(await refusal(send(path, { method: "POST", body: "{}" }))).toEqual(NOT_FOUND)
      expect(requests).toEqual([])
    },
  )

  it("is 403 if a page of another origin sends it with a cookie", async () => {
    const { requests } = backend()
    for (const headers of [{ origin: "https://evil.test" }, { origin: "null", cookie: "sessionid=1" }]) {
      expect(await refusal(send(PLAN, { method: "POST", headers }))).toEqual(NOT_ALLOWED)
    }
    expect(requests).toEqual([])
    const bearer = { authorization: `Bearer ${await tokenFor(bob.userId)}`, origin: "https://evil.test" }
    expect((await connected(PLAN, { method: "POST", headers: bearer })).status).toBe(200)
  })

  it("is 403 with a service key, which is nobody's business but ours", async () => {
    const { requests } = backend()
    const headers = { authorization: "Bearer service-key-new" }
    expect(await refusal(connected(PLAN, { headers }))).toEqual(NOT_ALLOWED)
    expect(requests).toEqual([])
  })

  it.each([
    [PLAN, "Bearer service-key-new"],
    [PLAN, "Bearer\tservice-key-old"],
    ["/api/userpreferences/", "Bearer service-key-new"],
    ["/api/orgpreferences/", "Token service-key-new"],
  ])("leaves out a service key beside the cookie: %s, %j", async (path, authorization) => {
    const { requests } = backend()
    expect((await send(path, { headers: { authorization } })).status).toBe(200)
    expect(requests.map(({ headers }) => [headers.get("cookie"), headers.get("authorization")])).toEqual([
      [cookie, null],
    ])
  })

  it("is 413 if its body is too large, with and without its length", async () => {
    const { requests } = backend()
    const large = "x".repeat(1024 * 1024 + 1)
    expect((await send(PLAN, { method: "POST", body: large })).status).toBe(413)
    expect((await send(PLAN, { method: "POST", body: new Blob([large]).stream() })).status).toBe(413)
    expect(requests).toEqual([])
  })

  it("is 503 while PLATFORM_ORIGIN is not usable", async () => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    const answer = await workerWithEnv({ PLATFORM_ORIGIN: "dalgo" })(PLAN, { headers: { cookie } })
    expect(answer.status).toBe(503)
    expect(JSON.parse(log.mock.calls[0]?.[0]).event).toBe("misconfigured")
  })
})

describe("a backend that does not answer", () => {
  const failing = async (error: Error) => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    backend(() => {
      throw error
    })
    const answer = await send(PLAN, { headers: { origin: APP } })
    expect(answer.headers.get("access-control-allow-origin")).toBe(APP)
    const [line] = log.mock.calls.map(([text]) => JSON.parse(text))
    return { status: answer.status, body: await answer.json<any>(), line }
  }

  it("is a 503", async () => {
    expect(await failing(new TypeError("network unreachable"))).toEqual({
      status: 503,
      body: { detail: "Dalgo's backend does not answer" },
      line: { level: "error", event: "backend_failed", reason: "TypeError" },
    })
  })

  it("in time is a 504", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout")
    expect(await failing(new DOMException("too late", "TimeoutError"))).toEqual({
      status: 504,
      body: { detail: "Dalgo's backend did not answer in time" },
      line: { level: "error", event: "backend_failed", reason: "TimeoutError" },
    })
    expect(timeout.mock.calls).toEqual([[25_000]])
  })
})
