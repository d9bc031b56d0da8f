import { beforeEach, describe, expect, it } from "vitest"
import { cookieOf, request, tokenFor } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"

// Dalgo's old web app calls `fetch` with a text as its body and no content type, so that browsers declare it as text.
const TEXT = "text/plain;charset=UTF-8"

const KEPT: [method: string, path: string, body: object][] = [
  ["PUT", "/api/userpreferences/", { enable_email_notifications: false }],
  [
    "PUT",
    "/api/orgpreferences/enable-discord-notifications",
    { enable_discord_notifications: false, discord_webhook: "" },
  ],
  ["PUT", "/api/notifications/v1", { notification_ids: [1], read_status: true }],
  [
    "POST",
    "/api/notifications/",
    { author: "alice@acme.test", message: "hello", sent_to: "all_org_users", org_slug: "acme" },
  ],
]
const NEW: [method: string, path: string, body: object][] = [
  ["PUT", "/api/notifications/preferences", { email_notifications_enabled: false }],
  ["PUT", "/api/orgs/acme", { name: "Acme" }],
]

beforeEach(() => {
  captureQueues()
})

const bearer = async (userId = "1") => ({ authorization: `Bearer ${await tokenFor(userId)}` })

/** A body of bytes, since a text would get a content type of its own. */
const send = (method: string, path: string, body: string, headers: Record<string, string>) =>
  request(path, { method, headers, body: new TextEncoder().encode(body) })

describe.each(KEPT)("%s %s, which was kept from Dalgo,", (method, path, body) => {
  const sendAs = async (headers: Record<string, string>, type?: string, text = JSON.stringify(body)) =>
    (await send(method, path, text, { ...headers, ...(type && { "content-type": type }) })).status

  it("takes JSON that is sent as text with a Bearer token", async () => {
    for (const type of [TEXT, "text/plain", "Text/Plain", undefined])
      expect(await sendAs(await bearer(), type)).toBe(200)
  })

  it("takes it with a cookie that does not sign in", async () => {
    expect(await sendAs({ ...(await bearer()), cookie: "theme=dark" }, TEXT)).toBe(200)
  })

  it("refuses it with the cookie, since a page of any origin could send it", async () => {
    expect(await sendAs(await cookieOf("1"), TEXT)).toBe(415)
    expect(await sendAs({ ...(await cookieOf("1")), ...(await bearer()) }, TEXT)).toBe(415)
    expect(await sendAs(await cookieOf("1"), undefined)).toBe(415)
  })

  it("refuses other types, and text that is no JSON", async () => {
    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data", "text/html", "text/plainer"]) {
      expect(await sendAs(await bearer(), type)).toBe(415)
    }
    expect(await sendAs(await bearer(), TEXT, "{")).toBe(422)
    expect(await sendAs(await bearer(), TEXT, "x".repeat(70_000))).toBe(413)
  })

  it("validates what is sent as text, and ignores unknown fields", async () => {
    const [field = ""] = Object.keys(body)
    expect(await sendAs(await bearer(), TEXT, JSON.stringify({ ...body, [field]: {} }))).toBe(422)
    expect(await sendAs(await bearer(), TEXT, JSON.stringify({ ...body, surprise: 1 }))).toBe(200)
  })
})

it("takes a notification that a server sends as text", async () => {
  const [, , , [method, path, body]] = KEPT as [unknown, unknown, unknown, (typeof KEPT)[number]]
  const key = { authorization: "Bearer service-key-new" }
  for (const type of [{ "content-type": TEXT }, {}]) {
    expect((await send(method, path, JSON.stringify(body), { ...key, ...type })).status).toBe(200)
  }
})

it("changes what is sent as text", async () => {
  await send("PUT", "/api/userpreferences/", '{"enable_email_notifications":false}', {
    ...(await bearer()),
    "content-type": TEXT,
  })
  expect(await selectRows("SELECT org_user_id, category, channel, enabled FROM user_notification_preferences")).toEqual(
    [{ org_user_id: 1, category: "all", channel: "email", enabled: 0 }],
  )
})

it.each(NEW)("a new route takes JSON as JSON only, and no unknown fields: %s %s", async (method, path, body) => {
  const text = JSON.stringify(body)
  const headers = await bearer("4")
  expect((await send(method, path, text, { ...headers, "content-type": TEXT })).status).toBe(415)
  const surprise = JSON.stringify({ ...body, surprise: 1 })
  expect((await send(method, path, surprise, { ...headers, "content-type": "application/json" })).status).toBe(422)
})

describe("values that Dalgo's backend reads", () => {
  const json = async () => ({ ...(await bearer()), "content-type": "application/json" })
  const create = async (change: object) => {
    const body = { author: "alice@acme.test", message: "hello", sent_to: "all_org_users", org_slug: "acme", ...change }
    return (await send("POST", "/api/notifications/", JSON.stringify(body), await json())).json<any>()
  }

  it("mark as read", async () => {
    const id = (await create({})).res.notification_id
    const mark = async (notification_ids: unknown[], read_status: unknown) =>
      (await send("PUT", "/api/notifications/v1", JSON.stringify({ notification_ids, read_status }), await json()))
        .status
    const isRead = async () =>
      (await selectRows("SELECT read_at FROM notification_recipients WHERE org_user_id = 1"))[0]?.read_at !== null
    expect(await mark([String(id)], "true")).toBe(200)
    expect(await isRead()).toBe(true)
    expect(await mark([`0${id}`], 0)).toBe(200)
    expect(await isRead()).toBe(false)
    for (const wrong of ["0", "-1", "1.5", "", "one", null, true, "9".repeat(16)])
      expect(await mark([wrong], true)).toBe(422)
  })

  it("make a notification urgent", async () => {
    for (const [urgent, isUrgent] of [
      ["true", true],
      [1, true],
      [null, false],
      ["off", false],
      [undefined, false],
    ]) {
      expect((await create({ urgent, manager_or_above: null })).res.urgent).toBe(isUrgent)
    }
    expect((await create({ urgent: "soon" })).detail).toMatchObject([{ loc: ["body", "urgent"] }])
  })
})
