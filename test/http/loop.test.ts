import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import { app } from "../../src/app"
import { PLATFORM_MARK } from "../../src/runtime/platform"
import { fakeFetch } from "../support/fake-fetch"
import { bob, cookieOf, request } from "../support/people"
import { selectRows } from "../support/select-rows"

const OWN = "https://notifications.dalgo.test"
const REASON =
  "PLATFORM_ORIGIN leads back to this service: it must be an address at which Dalgo's backend itself answers"

/** The worker with itself as Dalgo's backend. */
async function connectedToItself(path: string, init: RequestInit = {}) {
  const withItself = { ...env, PLATFORM_ORIGIN: OWN }
  const send = async (one: Request) => {
    const ctx = createExecutionContext()
    const answer = await app.fetch(one, withItself, ctx)
    await waitOnExecutionContext(ctx)
    return answer
  }
  const { requests } = fakeFetch((one) => (one.url.startsWith(OWN) ? send(one) : undefined))
  const log = vi.spyOn(console, "log").mockReturnValue()
  const headers = { ...(await cookieOf(bob.userId)), ...Object.fromEntries(new Headers(init.headers)) }
  const answer = await send(new Request(OWN + path, { ...init, headers }))
  const lines = log.mock.calls.map(([line]) => JSON.parse(line))
  return { status: answer.status, body: await answer.json<any>(), requests, lines }
}

it("refuses a request that this service sent to Dalgo's backend, whatever its path", async () => {
  for (const path of ["/api/userpreferences/", "/api/currentuserv2", "/api/orgpreferences/org-plan"]) {
    const answer = await request(path, { headers: { ...(await cookieOf(bob.userId)), [PLATFORM_MARK]: "1" } })
    expect(answer.status).toBe(508)
    expect(await answer.json()).toEqual({ detail: REASON })
  }
})

it("answers the settings that are stored here, and says what is misconfigured", async () => {
  const { status, body, requests, lines } = await connectedToItself("/api/userpreferences/")
  expect(status).toBe(200)
  expect(body.res.enable_email_notifications).toBe(true)
  expect(requests).toHaveLength(1)
  expect(lines).toEqual([
    { level: "error", event: "misconfigured", request_id: expect.any(String), reason: REASON },
    { level: "error", event: "backend_failed", reason: "unexpected answer", status: 508 },
  ])
})

it("refuses a change that Dalgo's backend would store, once", async () => {
  const { status, requests, lines } = await connectedToItself("/api/userpreferences/", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ disclaimer_shown: true }),
  })
  expect(status).toBe(503)
  expect(requests).toHaveLength(1)
  expect(lines.map(({ event }) => event)).toEqual(["misconfigured", "backend_failed"])
  expect(await selectRows("SELECT * FROM user_preferences")).toEqual([])
})
