import { beforeEach, describe, expect, it, vi } from "vitest"
import { DISCORD_WEBHOOK, fakeChatProducts } from "../support/fake-chat-products"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { fakeFetch } from "../support/fake-fetch"
import { failedRun, fakePrefect } from "../support/fake-prefect"
import { fakeSes } from "../support/fake-ses"
import { inboxOf } from "../support/inbox"
import { ACME, alice, bob, charlie, GLOBEX, server } from "../support/people"
import { postPrefectWebhook, runStateBody } from "../support/prefect-webhook"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"

// One row holds what no code of ours writes: it was imported, or written by hand. Nobody else may notice.

const BROKEN = ["{", "", "incident", "null", "7", '"incident"', '{"incident":true}', "[[]]"]

let queue: ReturnType<typeof captureQueues>
beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue()
  queue = captureQueues()
  fakeAi({ response: aiAnswer("the sync.") })
})

describe.each(BROKEN)("urgent_categories that are %j", (json) => {
  beforeEach(async () => {
    await selectRows(
      "INSERT INTO org_preferences (org_id, urgent_categories, created_at, updated_at) VALUES (?, ?, '', '')",
      GLOBEX,
      json,
    )
  })

  it("do not stop that organisation, and not a run whose tags name it too", async () => {
    const slugs: Record<string, string[]> = { "1": ["globex", "acme"], "2": ["globex"] }
    const run = (id: string) => {
      const tags = slugs[id.at(-1) ?? ""] ?? []
      const config = id.endsWith("1") ? { org_slug: "acme" } : {}
      return failedRun({ id, tags, parameters: { config } })
    }
    fakeFetch(fakePrefect({ run }), fakeSes().handler)
    for (const n of ["1", "2"])
      await postPrefectWebhook(runStateBody("Failed", `11111111-2222-4333-8444-00000000000${n}`))
    await queue.drain()
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(await inboxOf(charlie)).toHaveLength(1)
  })

  it("are shown as the default, or as those that are known, and can be replaced", async () => {
    const path = "/api/orgpreferences/"
    const shown = async () => (await (await charlie.get(path)).json<any>()).res.urgent_categories
    expect(await shown()).toEqual(json === "[[]]" ? [] : null)
    expect((await server.put("/api/orgs/globex", { name: "Globex", urgent_categories: ["late_run"] })).status).toBe(200)
    expect(await shown()).toEqual(["late_run"])
  })
})

it("leaves out a category that is not known", async () => {
  await selectRows(
    `INSERT INTO org_preferences (org_id, urgent_categories, created_at, updated_at) VALUES (1, '["incident","storm"]', '', '')`,
  )
  expect((await (await alice.get("/api/orgpreferences/")).json<any>()).res.urgent_categories).toEqual(["incident"])
})

it.each(BROKEN)("explains a notification whose reasons cannot be read: %j", async (json) => {
  await server.post("/api/notifications/", { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme" })
  await selectRows("UPDATE notification_recipients SET withheld = ?", json === '{"incident":true}' ? "{" : json)
  const answer = await bob.get("/api/notifications/1/trace")
  expect(answer.status).toBe(200)
  expect((await answer.json<any>()).res).toContainEqual(expect.objectContaining({ channel: "inbox", outcome: "sent" }))
})

it.each(BROKEN)("summarises a failure whose list of runs cannot be read: %j", async (json) => {
  fakeFetch(fakePrefect(), fakeSes().handler)
  await postPrefectWebhook(runStateBody("Failed"))
  await selectRows(
    "CREATE TRIGGER broken AFTER INSERT ON summaries BEGIN UPDATE summaries SET log_run_ids = '" +
      json.replaceAll("'", "''") +
      "'; END",
  )
  await queue.drain().finally(() => selectRows("DROP TRIGGER broken"))
  expect((await inboxOf(bob))[0]?.message).toContain("What failed: the sync.")
})

it("ignores a switch for a channel or a category that is not known", async () => {
  await selectRows(
    `INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at)
     VALUES (2, 'incident', 'pigeon', 0, 1), (2, 'storm', 'email', 0, 1)`,
  )
  const news = { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme", category: "incident" }
  expect((await server.post("/api/notifications/", news)).status).toBe(200)
  expect(await inboxOf(bob)).toHaveLength(1)
  const { res } = await (await bob.get("/api/notifications/preferences")).json<any>()
  expect(res).toMatchObject({ incident_notifications: true, channels: { incident: { email: true, push: true } } })
  expect(JSON.stringify(res)).not.toMatch(/pigeon|storm/)
})

it("sends to the other organisations where the webhook of one was encrypted with an unknown key", async () => {
  const { discord, handler } = fakeChatProducts()
  fakeFetch(handler, fakeSes().handler)
  for (const [org, webhook] of [
    [ACME, `v1.lost.${"x".repeat(16)}.${"x".repeat(40)}`],
    [GLOBEX, DISCORD_WEBHOOK],
  ]) {
    await selectRows(
      "INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at) VALUES (?, 'discord', 1, ?, 0, 0)",
      org,
      webhook,
    )
  }
  await server.post("/api/notifications/", { author: "a", message: "m", sent_to: "all_users" })
  await queue.drain()
  expect(discord.map(({ webhook }) => webhook)).toEqual([DISCORD_WEBHOOK])
  expect(
    await selectRows("SELECT recipient_id, status, reason FROM deliveries WHERE channel = 'discord' ORDER BY 1"),
  ).toEqual([
    { recipient_id: ACME, status: "pending", reason: "SECRETS_KEYS has no key lost" },
    { recipient_id: GLOBEX, status: "sent", reason: null },
  ])
})
