import { beforeEach, describe, expect, it, vi } from "vitest"
import { alice, bob, request, tokenFor } from "../../support/people"
import { fakeFetch } from "../../support/fake-fetch"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"

// The requests of the preferences dialogs of Dalgo's two web apps, in their order and with their rules.

const BACKEND = "https://platform.dalgo.test"
const WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/a-token-that-ends-in-wxyz"

type Send = (path: string, init: RequestInit) => Promise<Response>
type Person = typeof alice | typeof bob
type Form = { email: boolean; discord: boolean; webhook: string }

const switchOf = ({ orgUserId }: Person) =>
  selectRows(
    "SELECT enabled FROM user_notification_preferences WHERE org_user_id = ? AND category = 'all' AND channel = 'email'",
    orgUserId,
  )
const webhooks = () => selectRows("SELECT enabled, webhook FROM chat_webhooks")

/** The current web app: a cookie, JSON, and the chosen organisation. It cannot read an answer that is not JSON. */
function currentApp(person: Person, send: Send) {
  const call = async (method: string, path: string, body?: object) => {
    const answer = await send(path, {
      method,
      headers: {
        cookie: `access_token=${await tokenFor(person.userId)}`,
        origin: "https://app.dalgo.test",
        "content-type": "application/json",
        "x-dalgo-org": "acme",
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    expect(answer.headers.get("content-type")).toMatch(/application\/json/)
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.dalgo.test")
    const answered = await answer.json<any>()
    if (!answer.ok) throw new Error(answered.detail)
    return answered.res
  }
  return {
    /** Fills the form. Without both answers, it would stay at its defaults. */
    async open(): Promise<Form> {
      const [own, ofOrg] = await Promise.all([
        call("GET", "/api/userpreferences/"),
        call("GET", "/api/orgpreferences/"),
      ])
      return {
        email: own.enable_email_notifications,
        discord: ofOrg.enable_discord_notifications,
        webhook: ofOrg.discord_webhook || "",
      }
    },
    /** Sends nothing if Discord is on and its field is empty. A member cannot change that field. */
    async save({ email, discord, webhook }: Form) {
      if (discord && !webhook.trim()) throw new Error("Discord webhook URL is required")
      if (!URL.canParse(webhook || "https://dalgo.test/")) throw new Error("the browser wants a URL")
      await call("PUT", "/api/userpreferences/", { enable_email_notifications: email })
      if (person === bob) return
      await call("PUT", "/api/orgpreferences/enable-discord-notifications", {
        enable_discord_notifications: discord,
        discord_webhook: webhook,
      })
    },
  }
}

describe.each([
  ["without Dalgo's backend", request as Send],
  ["with Dalgo's backend", workerWithEnv({ PLATFORM_ORIGIN: BACKEND }) as Send],
])("the dialog of the current web app, %s,", (_, send) => {
  beforeEach(async () => {
    // Dalgo's backend has no copy of the webhook.
    fakeFetch(() =>
      Response.json({
        success: true,
        res: { enable_email_notifications: true, enable_discord_notifications: false, discord_webhook: null },
      }),
    )
    const admin = currentApp(alice, send)
    expect(await admin.open()).toEqual({ email: true, discord: false, webhook: "" })
    await admin.save({ email: true, discord: true, webhook: ` ${WEBHOOK}/ ` })
  })

  it.each([
    ["a member", bob, "https://discord.com/api/webhooks/…"],
    ["an admin", alice, "https://discord.com/api/webhooks/…wxyz"],
  ] as const)("changes the e-mail switch of %s while Discord is on, and nothing else", async (__, person, webhook) => {
    const before = await webhooks()
    const app = currentApp(person, send)
    for (const email of [false, true]) {
      const form = await app.open()
      expect(form).toEqual({ email: !email, discord: true, webhook })
      await app.save({ ...form, email })
      expect(await switchOf(person)).toEqual([{ enabled: Number(email) }])
    }
    expect(await webhooks()).toEqual(before)
  })

  it("lets an admin switch Discord off and on again, and members see it", async () => {
    const [admin, member] = [currentApp(alice, send), currentApp(bob, send)]
    await admin.save({ ...(await admin.open()), discord: false })
    expect(await member.open()).toEqual({ email: true, discord: false, webhook: "" })
    await expect(admin.save({ ...(await admin.open()), discord: true })).rejects.toThrow("required")
    await admin.save({ ...(await admin.open()), discord: true, webhook: WEBHOOK })
    expect((await member.open()).discord).toBe(true)
  })
})

describe("the dialog of the old web app", () => {
  /** A Bearer token, no cookie, and a text as the body, whose content type the browser sets. */
  const call = async (person: Person, method: string, body?: object) => {
    const answer = await request("/api/userpreferences/", {
      method,
      headers: { authorization: `Bearer ${await tokenFor(person.userId)}`, "x-dalgo-org": "acme" },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: await answer.json<any>() }
  }

  it.each([
    ["a member", bob],
    ["an admin", alice],
  ])("changes the e-mail switch of %s, with fields that are not ours", async (_, person) => {
    const form = { enable_email_notifications: false, enable_discord_notifications: false, discord_webhook: "" }
    expect(await call(person, "PUT", form)).toMatchObject({
      status: 200,
      body: { success: true, res: { enable_email_notifications: false } },
    })
    expect((await call(person, "GET")).body.res.enable_email_notifications).toBe(false)
    expect(await webhooks()).toEqual([])
  })
})

it("saves an onboarding tour in Dalgo's backend, which the settings then show", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue()
  const stored = { trial_walkthrough: {} as object }
  fakeFetch(async (one) => {
    if (one.url === `${BACKEND}/api/userpreferences/trial-walkthrough`) {
      stored.trial_walkthrough = { insights: { skipped: false, completed: true } }
      return Response.json({ success: true, res: stored.trial_walkthrough })
    }
    return Response.json({ success: true, res: stored })
  })
  const connected = workerWithEnv({ PLATFORM_ORIGIN: BACKEND })
  const headers = { cookie: `access_token=${await tokenFor(bob.userId)}`, "content-type": "application/json" }
  const body = JSON.stringify({ flow: "insights", completed: true })
  const saved = await connected("/api/userpreferences/trial-walkthrough", { method: "PUT", headers, body })
  expect(saved.status).toBe(200)
  const settings = await (await connected("/api/userpreferences/", { headers })).json<any>()
  expect(settings.res.trial_walkthrough).toEqual({ insights: { skipped: false, completed: true } })
  expect(log).not.toHaveBeenCalled()
})
