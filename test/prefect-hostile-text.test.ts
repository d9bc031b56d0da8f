import { beforeEach, describe, expect, it, vi } from "vitest"
import { NOON } from "./support/clock"
import { aiAnswer, fakeAi } from "./support/fake-ai"
import { fakeFetch } from "./support/fake-fetch"
import { failedRun, fakePrefect, logLine } from "./support/fake-prefect"
import { fakeSes } from "./support/fake-ses"
import { alice } from "./support/people"
import { postPrefectWebhook, runStateBody } from "./support/prefect-webhook"
import { captureQueues } from "./support/queues"
import { selectRows } from "./support/select-rows"
import { toChatContent } from "../src/delivery/channels/chat/content"
import { discordAdapter } from "../src/delivery/channels/chat/discord"
import { slackAdapter } from "../src/delivery/channels/chat/slack"
import { toPayload } from "../src/delivery/channels/web-push/payload"

let mail: ReturnType<typeof fakeSes>

beforeEach(() => {
  vi.setSystemTime(NOON)
  mail = fakeSes()
})

/** Every text that leaves the service after a run failed with this message, log and answer. */
async function textsAfter(hostile: string): Promise<string[]> {
  fakeAi({ response: aiAnswer(hostile) })
  const state = { type: "FAILED", name: "Failed", message: hostile, timestamp: "2026-11-20T02:41:17Z" }
  const prefect = fakePrefect({ run: failedRun({ name: hostile, state }), logs: [logLine(40, hostile)] })
  fakeFetch(prefect, mail.handler)
  const { drain } = captureQueues()
  await postPrefectWebhook(runStateBody("Failed"))
  await drain({ delayed: true })
  const [row] = await selectRows("SELECT id, message FROM notifications")
  const { res } = await (await alice.get("/api/notifications/v1")).json<{ res: { message: string }[] }>()
  const { message } = row
  const acme = { orgName: "Acme", orgSlug: "acme" }
  const content = toChatContent({ category: "job_failure", urgent: true, message, inboxUrl: undefined, ...acme })
  const push = toPayload({ id: row.id, author: "Dalgo", category: "job_failure", urgent: true, message }, acme)
  return [
    message,
    ...res.map((item) => item.message),
    ...mail.mails.flatMap(({ subject, text, html }) => [subject, text, html]),
    JSON.stringify(discordAdapter.toBody(content)),
    JSON.stringify(slackAdapter.toBody(content)),
    JSON.stringify(push),
  ]
}

const E = "\u001B"

describe("a failure told in hostile text", () => {
  it.each<[string, string]>([
    ["emoji at every cut", `a${"😀".repeat(4_000)}`],
    ["emoji at every other cut", "😀".repeat(4_000)],
    ["families of emoji", "👩\u200D👩\u200D👧\u200D👦".repeat(600)],
    ["Devanagari", "क्षि".repeat(1_500)],
    ["accents on one letter", `e${"\u0301".repeat(6_000)}`],
    ["a message far too long", "words and words ".repeat(4_000)],
  ])("%s, is cut at whole characters", async (_, hostile) => {
    const texts = await textsAfter(hostile)
    expect(texts.length).toBeGreaterThan(7)
    for (const text of texts) {
      expect(text.isWellFormed()).toBe(true)
      expect(text).not.toContain("\uFFFD")
    }
    expect(texts[0]?.length).toBeLessThan(10_000)
  })

  it.each<[string, string]>([
    ["terminal codes", `${E}[31mthe source${E}[0m ${E}]8;;https://evil.test${E}\\refused${E}]8;;${E}\\`],
    ["written codes", "\\u001b[31mthe source\\u001b[0m refused"],
    ["a code within a secret", `password=hun${E}[1mter2 refused`],
    ["hidden characters within a secret", "pass\u200Bword=hun\u200Bter2 refused"],
    ["half a character", "the source \uD83D refused"],
    ["NUL", "the source\0 refused"],
    ["an override", "the source \u202Erefused\u202C"],
  ])("%s, is shown without what is not text", async (_, hostile) => {
    const texts = await textsAfter(hostile)
    expect(texts.filter((text) => text.includes("refused")).length).toBeGreaterThan(6)
    for (const text of texts) {
      expect(text.isWellFormed()).toBe(true)
      // JSON writes line breaks as \\n.
      expect(text.replaceAll(/\n|\\n|\r|\t/g, "")).not.toMatch(
        /\p{Cc}|[\u202A-\u202E\u200B]|\[31m|u001b|evil\.test|ter2/u,
      )
    }
  })
})
