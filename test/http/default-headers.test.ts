import { describe, expect, it } from "vitest"
import { alice, anonymous, request, server } from "../support/people"
import { captureQueues } from "../support/queues"
import { workerWithEnv } from "../support/worker-with-env"

const NO_STORE = "private, no-store"
const POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const BROWSER = { accept: "text/html" }

describe("an answer without a tag is stored nowhere", () => {
  it.each<[string, () => Response | Promise<Response>, number]>([
    ["preferences", () => alice.get("/api/notifications/preferences"), 200],
    ["the web app's preferences", () => alice.get("/api/userpreferences/"), 200],
    ["an organisation's preferences", () => alice.get("/api/orgpreferences/"), 200],
    ["devices", () => alice.get("/api/notifications/push-subscriptions"), 200],
    ["a ticket", () => alice.post("/api/notifications/ticket"), 200],
    ["history", () => alice.get("/api/notifications/history"), 200],
    ["a change", () => alice.put("/api/notifications/mark_all_as_read", {}), 200],
    ["no sign-in", () => anonymous.get("/api/notifications/preferences"), 401],
    ["no sign-in on a route with a tag", () => anonymous.get("/api/notifications/v1"), 401],
    ["another organisation", () => alice.get("/api/notifications/v1", { "x-dalgo-org": "globex" }), 404],
    ["invalid input", () => alice.put("/api/notifications/preferences", { x: 1 }), 422],
    ["invalid input on a route with a tag", () => alice.get("/api/notifications/v1?page=x"), 422],
    ["an unknown path", () => anonymous.get("/api/nothing"), 404],
    ["a webhook", () => anonymous.post("/webhooks/v1/notification/", {}), 401],
    ["a WebSocket that is refused", () => anonymous.get("/wss/notifications?orgslug=acme"), 400],
    ["an unsubscribe link", () => anonymous.get("/unsubscribe?token=x"), 404],
    ["an unsubscribe page", () => request("/unsubscribe?token=x", { headers: BROWSER }), 404],
    ["one click", () => request("/unsubscribe?token=x", { method: "POST", headers: BROWSER }), 404],
    [
      "a missing secret",
      () => workerWithEnv({ UNSUBSCRIBE_SECRET: "" })("/unsubscribe?token=x", { headers: BROWSER }),
      503,
    ],
    ["a failure", () => failing("/api/notifications/deliveries"), 500],
  ])("%s", async (_, send, status) => {
    captureQueues()
    const answer = await send()
    expect(answer.status).toBe(status)
    expect(answer.headers.get("cache-control")).toBe(NO_STORE)
    expect(answer.headers.get("content-security-policy")).toBe(POLICY)
  })

  const failing = (path: string) => {
    const fail = () => {
      throw new Error("D1_ERROR")
    }
    const through = workerWithEnv({ DB: { prepare: fail, batch: fail } })
    return through(path, { headers: { authorization: "Bearer service-key-new" } })
  }
})

it("keeps what an answer says of itself", async () => {
  expect((await alice.get("/api/notifications/v1")).headers.get("cache-control")).toBe("private, no-cache")
  expect((await server.get("/healthz")).headers.get("cache-control")).toBe("no-store")
})

it.each(["GET", "POST"])("tells no other page of the token in an unsubscribe link: %s", async (method) => {
  const { headers } = await request("/unsubscribe?token=x", { method, headers: BROWSER })
  expect(Object.fromEntries(headers)).toMatchObject({
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
  })
})
