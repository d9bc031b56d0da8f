import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { beforeAll, expect, inject, it, vi } from "vitest"
import { sendFailure } from "./send-failure"

const port = inject("port")
const worker = `http://127.0.0.1:${port}`
const catcher = `http://127.0.0.1:${port + 2}`
const WITHIN_5_S = { timeout: 5_000, interval: 100 }
const WITHIN_30_S = { timeout: 30_000, interval: 250 }

type UserName = "alice" | "bob" | "charlie"
let tokens: Record<UserName, string>

beforeAll(async () => {
  const tokenOf = async (name: UserName) =>
    (await promisify(execFile)("npm", ["run", "-s", "token", "--", name])).stdout.trim()
  tokens = { alice: await tokenOf("alice"), bob: await tokenOf("bob"), charlie: await tokenOf("charlie") }
})

const api = async (user: UserName, path: string, init: RequestInit = {}) => {
  const headers = { authorization: `Bearer ${tokens[user]}`, "content-type": "application/json" }
  return (await fetch(`${worker}/api/notifications${path}`, { ...init, headers })).json()
}
/** What the log of the run adds to the message. */
const SUMMARY_LINE = /^(?:By AI, may be wrong|From the log): /m
const newest = async (user: UserName) => (await api(user, "/v1?limit=1")).res[0]
const total = async (user: UserName): Promise<number> => (await api(user, "/v1?limit=1")).total_notifications
type Email = { to: string; headers: Record<string, string>; text: string }
const emailsTo = async (address: string) => {
  const emails = (await (await fetch(`${catcher}/messages`)).json()) as Email[]
  return emails.filter((email) => email.to === address)
}

it("prints at the start where the sample failure arrived", () => {
  const printed = inject("printed")
  expect(printed).toContain(`${worker}/local/sign-in?as=alice`)
  expect(printed).toContain(catcher)
  expect(printed).toMatch(/e-mail\s+sent to Alice and Bob/)
})

it("keeps running after it rejects requests without reading their bodies", async () => {
  const refused = { method: "POST", body: JSON.stringify({ body: "x".repeat(2_000) }) }
  for (let i = 0; i < 30; i += 1) {
    const headers = { "content-type": "application/json", "x-notification-key": "wrong", connection: "close" }
    expect((await fetch(`${worker}/webhooks/v1/notification/`, { ...refused, headers })).status).toBe(401)
    const bob = { ...headers, authorization: `Bearer ${tokens.bob}` }
    expect((await fetch(`${worker}/api/notifications/`, { ...refused, headers: bob })).status).toBe(403)
  }
  expect((await fetch(`${worker}/healthz`)).status).toBe(200)
})

it("delivers a failure to inboxes, an open WebSocket and e-mail, and adds its summary", async () => {
  const before = { alice: await total("alice"), bob: await total("bob"), charlie: await total("charlie") }
  const emailsBefore = (await emailsTo("bob@acme.test")).length
  const frames: any[] = []
  // Node's WebSocket accepts headers. The DOM's type does not have them.
  const socket = new WebSocket(`${worker.replace("http", "ws")}/wss/notifications?orgslug=acme`, {
    headers: { cookie: `access_token=${tokens.alice}` },
  } as never)
  socket.addEventListener("message", (event) => frames.push(JSON.parse(event.data).data))
  await vi.waitFor(() => expect(frames[0]?.type).toBe("snapshot"), WITHIN_5_S)

  expect(await (await sendFailure()).json()).toEqual({ status: "ok" })
  await vi.waitFor(async () => {
    expect(await total("alice")).toBe(before.alice + 1)
    expect(await total("bob")).toBe(before.bob + 1)
    expect(frames.some((frame) => frame.type === "urgent_added")).toBe(true)
    // A crashed run is announced after ten seconds.
  }, WITHIN_30_S)
  expect(await newest("bob")).toMatchObject({ category: "job_failure", urgent: true })
  expect(await total("charlie")).toBe(before.charlie)

  await vi.waitFor(async () => {
    expect((await newest("alice")).message).toMatch(SUMMARY_LINE)
    expect(frames.some((frame) => frame.type === "item_updated")).toBe(true)
    const emails = await emailsTo("bob@acme.test")
    expect(emails).toHaveLength(emailsBefore + 1)
    expect(emails.at(-1)).toMatchObject({
      headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
      text: expect.stringMatching(SUMMARY_LINE),
    })
  }, WITHIN_30_S)
  socket.close()
})

it("does not notify Bob after he turned Job Failures off", async () => {
  const setJobFailures = (job_failure_notifications: boolean) =>
    api("bob", "/preferences", { method: "PUT", body: JSON.stringify({ job_failure_notifications }) })
  expect((await setJobFailures(false)).res.job_failure_notifications).toBe(false)
  const before = { alice: await total("alice"), bob: await total("bob") }
  const emailsBefore = {
    alice: (await emailsTo("alice@acme.test")).length,
    bob: (await emailsTo("bob@acme.test")).length,
  }

  await sendFailure()
  await vi.waitFor(async () => {
    expect(await total("alice")).toBe(before.alice + 1)
    expect(await emailsTo("alice@acme.test")).toHaveLength(emailsBefore.alice + 1)
  }, WITHIN_30_S)
  expect(await total("bob")).toBe(before.bob)
  expect(await emailsTo("bob@acme.test")).toHaveLength(emailsBefore.bob)
  await setJobFailures(true)
})
