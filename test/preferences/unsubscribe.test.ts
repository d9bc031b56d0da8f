import { env } from "cloudflare:workers"
import { sign } from "hono/jwt"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { unsubscribeToken } from "../../src/preferences/unsubscribe/token"
import { DAY, NOON } from "../support/clock"
import { postPrefectWebhook, runId, runStateBody } from "../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { failedRun, fakePrefect } from "../support/fake-prefect"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { preferencesOf } from "../support/preferences"
import { alice, bob, charlie, request, tokenFor } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { workerWithEnv } from "../support/worker-with-env"
import { defaultPreferences } from "./default-preferences"

const SECRET = "another-secret-of-the-tests"
const tokenForBob = () => unsubscribeToken(SECRET, { orgUserIds: [bob.orgUserId], category: "job_failure" })
const pathWith = (token: string) => `/unsubscribe?token=${encodeURIComponent(token)}`

const withoutJobFailureMail = () => {
  const defaults = defaultPreferences()
  return { ...defaults, channels: { ...defaults.channels, job_failure: { email: false, push: true } } }
}
const switches = () => selectRows("SELECT * FROM user_notification_preferences")

/** The request of a mail client: no cookie, no page (RFC 8058, section 3.2). */
const oneClick = (path: string, body: BodyInit = new URLSearchParams({ "List-Unsubscribe": "One-Click" })) =>
  request(path, { method: "POST", body, redirect: "manual" })

describe("opening the link", () => {
  it("shows a page with a button that posts to the same URL, and unsubscribes nobody", async () => {
    const page = await request(pathWith(await tokenForBob()))
    expect(page.status).toBe(200)
    expect(page.headers.get("content-type")).toMatch(/^text\/html/)
    const html = await page.text()
    expect(html).toContain("Job Failures")
    expect(html).toMatch(/<form method="post">\s*<button[^>]*>[^<]+<\/button>\s*<\/form>/)
    expect(await switches()).toEqual([])
  })

  it("unsubscribes nobody with HEAD either", async () => {
    await request(pathWith(await tokenForBob()), { method: "HEAD" })
    expect(await switches()).toEqual([])
  })
})

describe("one click", () => {
  const multipart = () => {
    const form = new FormData()
    form.set("List-Unsubscribe", "One-Click")
    return form
  }

  it.each<[string, () => BodyInit]>([
    ["a urlencoded body", () => new URLSearchParams({ "List-Unsubscribe": "One-Click" })],
    ["a multipart body", multipart],
    ["the button's empty body", () => new URLSearchParams()],
  ])("unsubscribes that person from the e-mails of that category, with %s", async (_, body) => {
    const answer = await oneClick(pathWith(await tokenForBob()), body())
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain("Done")
    expect(await preferencesOf(bob)).toEqual(withoutJobFailureMail())
    for (const other of [alice, charlie]) expect(await preferencesOf(other)).toEqual(defaultPreferences())
  })

  it("says where to turn the e-mails on again", async () => {
    const path = pathWith(await tokenForBob())
    expect(await (await oneClick(path)).text()).toContain(
      'You can turn the e-mails on again in your <a href="https://app.dalgo.test/notifications">notification settings',
    )
    const withoutFrontend = workerWithEnv({ FRONTEND_URL: "" })
    expect(await (await withoutFrontend(path, { method: "POST" })).text()).not.toContain("<a ")
  })

  it("keeps the time of the first click", async () => {
    vi.setSystemTime(NOON)
    await oneClick(pathWith(await tokenForBob()))
    const before = await switches()
    vi.setSystemTime(NOON + DAY)
    expect((await oneClick(pathWith(await tokenForBob()))).status).toBe(200)
    expect(await switches()).toEqual(before)
  })

  it("works again after the e-mails were turned on again", async () => {
    await oneClick(pathWith(await tokenForBob()))
    await bob.put("/api/notifications/preferences", defaultPreferences())
    await oneClick(pathWith(await tokenForBob()))
    expect(await preferencesOf(bob)).toEqual(withoutJobFailureMail())
  })

  it("works for a link that is years old", async () => {
    const path = pathWith(await tokenForBob())
    vi.setSystemTime(NOON)
    expect((await oneClick(path)).status).toBe(200)
    expect(await preferencesOf(bob)).toEqual(withoutJobFailureMail())
  })

  it("refuses a body that is larger than a mail client sends", async () => {
    expect((await oneClick(pathWith(await tokenForBob()), "x".repeat(65 * 1024))).status).toBe(413)
    expect(await switches()).toEqual([])
  })
})

describe("an invalid link", () => {
  const claims = { org_user_id: bob.orgUserId, category: "job_failure" }
  const base64url = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
  const altered = async (change: (header: string, payload: string, signature: string) => string[]) => {
    const [header = "", payload = "", signature = ""] = (await tokenForBob()).split(".")
    return change(header, payload, signature).join(".")
  }

  const forgeries: [string, () => Promise<string>][] = [
    ["another person", () => altered((h, _, s) => [h, base64url({ ...claims, org_user_id: alice.orgUserId }), s])],
    ["another category", () => altered((h, _, s) => [h, base64url({ ...claims, category: "incident" }), s])],
    ["a wrong signature", () => altered((h, p, s) => [h, p, (s.startsWith("A") ? "B" : "A") + s.slice(1)])],
    ["no signature", () => altered((h, p) => [h, p, ""])],
    ["alg none", () => altered((_, p) => [base64url({ alg: "none", typ: "JWT" }), p, ""])],
    ["alg none with the good signature", () => altered((_, p, s) => [base64url({ alg: "none", typ: "JWT" }), p, s])],
    ["another algorithm with our secret", () => sign(claims, SECRET, "HS512")],
    ["another secret", () => sign(claims, "a-guess", "HS256")],
    ["the secret of access tokens", () => sign(claims, env.JWT_SECRET as string, "HS256")],
    ["an access token", () => tokenFor(bob.userId)],
    ["an unknown category", () => sign({ ...claims, category: "weather" }, SECRET, "HS256")],
    ["all categories", () => sign({ ...claims, category: "all" }, SECRET, "HS256")],
    ["no person", () => sign({ category: "job_failure" }, SECRET, "HS256")],
    ["no token at all", async () => "unsubscribe-me"],
  ]

  it.each(forgeries)("is not found: %s", async (_, forge) => {
    const path = pathWith(await forge())
    for (const answer of [await request(path), await oneClick(path)]) {
      expect(answer.status).toBe(404)
      expect(await answer.json()).toEqual({ detail: "link not found" })
    }
    expect(await switches()).toEqual([])
  })

  const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }

  it.each([
    ["a token that is cut", async () => pathWith((await tokenForBob()).slice(0, 40))],
    ["no query", async () => "/unsubscribe"],
    ["an empty token", async () => "/unsubscribe?token="],
    ["a token that is too long", async () => pathWith("x".repeat(1_001))],
  ])("gives a browser a page: %s", async (_, path) => {
    for (const method of ["GET", "POST"]) {
      const answer = await request(await path(), { method, headers: BROWSER })
      expect(answer.status).toBe(404)
      expect(answer.headers.get("content-type")).toMatch(/^text\/html/)
      const html = await answer.text()
      expect(html).toContain("This link is incomplete")
      expect(html).toContain('href="https://app.dalgo.test/notifications"')
    }
    expect(await switches()).toEqual([])
  })

  it("gives a program the usual error", async () => {
    for (const accept of ["application/json", "*/*"]) {
      const answer = await request(pathWith("cut"), { headers: { accept } })
      expect({ status: answer.status, body: await answer.json() }).toEqual({
        status: 404,
        body: { detail: "link not found" },
      })
    }
  })

  it("is refused without a token", async () => {
    expect((await request("/unsubscribe")).status).toBe(422)
    expect((await oneClick("/unsubscribe?token=")).status).toBe(422)
  })

  it("cannot be told while no secret is set, and the answer names the variable", async () => {
    const closed = workerWithEnv({ UNSUBSCRIBE_SECRET: "" })
    for (const token of [await tokenForBob(), await sign(claims, "undefined", "HS256"), "nonsense"]) {
      for (const method of ["GET", "POST"]) {
        const answer = await closed(pathWith(token), { method })
        expect({ status: answer.status, body: await answer.json() }).toEqual({
          status: 503,
          body: { detail: "UNSUBSCRIBE_SECRET is not set" },
        })
        const page = await closed(pathWith(token), { method, headers: BROWSER })
        expect(page.status).toBe(503)
        expect(await page.text()).toContain("This does not work right now")
      }
    }
    expect(await switches()).toEqual([])
  })
})

describe("the link in an e-mail", () => {
  let mailbox: ReturnType<typeof fakeSes>
  let drain: ReturnType<typeof captureQueues>["drain"]

  beforeEach(() => {
    mailbox = fakeSes()
    fakeFetch(fakePrefect({ run: (id) => failedRun({ id }) }), mailbox.handler)
    fakeAi({ response: aiAnswer("the sync.") })
    ;({ drain } = captureQueues())
  })

  const mailedAfterFailure = async (n: number) => {
    mailbox.mails.length = 0
    await postPrefectWebhook(runStateBody("Failed", runId(n)))
    await drain()
    return mailbox.mails.map((mail) => mail.to).sort()
  }

  it("is different for each recipient and stops the e-mails, not the inbox", async () => {
    expect(await mailedAfterFailure(1)).toEqual([alice.email, bob.email])
    const links = mailbox.mails.map((mail) => mail.headers["List-Unsubscribe"])
    expect(new Set(links).size).toBe(2)
    const mail = mailbox.mails.find(({ to }) => to === bob.email)
    const link = mail?.headers["List-Unsubscribe"]?.match(/^<https:\/\/notifications\.dalgo\.test(.+)>$/)?.[1] ?? ""
    expect(mail?.text).toContain(link)

    expect((await oneClick(link)).status).toBe(200)
    expect(await mailedAfterFailure(2)).toEqual([alice.email])
    const inbox = await (await bob.get("/api/notifications/v1")).json<any>()
    expect(inbox.total_notifications).toBe(2)
  })
})
