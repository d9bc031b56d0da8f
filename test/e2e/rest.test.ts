import { beforeEach, expect, it, vi } from "vitest"
import { RestClient } from "../../src/web/client/rest-client"

const BASE = "https://notifications.dalgo.test"

type Call = { path: string; init: RequestInit; headers: Headers }
let calls: Call[]
/** The answers of the server by path, in this order. The last one is repeated. */
let answers: Record<string, Response[]>

beforeEach(() => {
  calls = []
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init = {}) => {
    const path = (input as string).replace(BASE, "")
    calls.push({ path, init, headers: new Headers(init.headers) })
    const [first, ...rest] = answers[path] ?? []
    if (rest.length > 0) answers[path] = rest
    return first?.clone() ?? Response.error()
  })
})

const COUNT = "/api/notifications/unread_count"
const REFRESH = "/api/v2/token/refresh"
const paths = () => calls.map(({ path }) => path)
const open = (org = "acme") => {
  const signedOut = vi.fn<() => void>()
  return { signedOut, rest: new RestClient(BASE, org, signedOut) }
}
const expired = () => new Response("{}", { status: 498, headers: { "x-request-id": "a-request" } })
const countOfThree = () => Response.json({ success: true, res: 3 })

it("sends the cookie and the organisation, with a timeout", async () => {
  answers = { "/api/notifications/v1": [Response.json({ success: true })] }
  await open().rest.api.v1.$put({ json: { notification_ids: [1], read_status: true } })
  const [{ init, headers }] = calls as [Call]
  expect(init).toMatchObject({
    method: "PUT",
    body: '{"notification_ids":[1],"read_status":true}',
    credentials: "include",
    signal: expect.any(AbortSignal),
  })
  expect(Object.fromEntries(headers)).toEqual({ "content-type": "application/json", "x-dalgo-org": "acme" })
})

it("sends no organisation if none is given", async () => {
  answers = { [COUNT]: [countOfThree()] }
  await open("").rest.api.unread_count.$get()
  expect(calls[0]?.headers.has("x-dalgo-org")).toBe(false)
})

it("refreshes an expired token once for concurrent requests, and repeats them", async () => {
  answers = { [COUNT]: [expired(), expired(), countOfThree()], [REFRESH]: [new Response("{}")] }
  const { rest, signedOut } = open()
  const both = await Promise.all([rest.api.unread_count.$get(), rest.api.unread_count.$get()])
  for (const answer of both) expect(await answer.json()).toMatchObject({ res: 3 })
  expect(paths()).toEqual([COUNT, COUNT, REFRESH, COUNT, COUNT])
  expect(signedOut).not.toHaveBeenCalled()
})

it("reports that the user is signed out if the token cannot be refreshed", async () => {
  answers = { [COUNT]: [expired()], [REFRESH]: [new Response("{}", { status: 401 })] }
  const { rest, signedOut } = open()
  await expect(rest.api.unread_count.$get()).rejects.toMatchObject({ status: 498, requestId: "a-request" })
  expect(paths()).toEqual([COUNT, REFRESH])
  expect(signedOut).toHaveBeenCalledOnce()
})

it("repeats a request only once", async () => {
  answers = { [COUNT]: [expired()], [REFRESH]: [new Response("{}")] }
  await expect(open().rest.api.unread_count.$get()).rejects.toMatchObject({ isSignedOut: true })
  expect(paths()).toEqual([COUNT, REFRESH, COUNT])
})

it("rejects with the status of any other error", async () => {
  answers = { [COUNT]: [new Response("{}", { status: 503 })] }
  const { rest, signedOut } = open()
  await expect(rest.api.unread_count.$get()).rejects.toMatchObject({ status: 503, isSignedOut: false })
  expect(signedOut).not.toHaveBeenCalled()
})
