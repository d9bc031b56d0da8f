import { describe, expect, it } from "vitest"
import { decideWebhook } from "../../src/destinations/chat-webhooks/decide"
import { maskWebhook, parseWebhook } from "../../src/destinations/chat-webhooks/url"

const DISCORD = "https://discord.com/api/webhooks/123456789012345678/a-Token_of-acme-wxyz"
const SLACK = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXwxyz"

describe("a webhook", () => {
  it.each([
    DISCORD,
    "https://discordapp.com/api/webhooks/1/t",
    "https://ptb.discord.com/api/webhooks/1/t",
    "https://canary.discord.com/api/webhooks/1/t",
    "https://ptb.discordapp.com/api/webhooks/1/t",
    "https://canary.discordapp.com/api/webhooks/1/t",
  ])("of Discord's is taken: %s", (webhook) => {
    for (const shown of [null, maskWebhook("discord", DISCORD)]) {
      expect(decideWebhook("discord", shown, true, webhook)).toEqual({ kind: "replace", webhook })
    }
    expect(parseWebhook("slack", webhook)).toBeUndefined()
  })

  it.each([SLACK, "https://hooks.slack-gov.com/services/T1/B2/x3"])("of Slack's is taken: %s", (webhook) => {
    expect(decideWebhook("slack", null, true, webhook)).toEqual({ kind: "replace", webhook })
    expect(parseWebhook("discord", webhook)).toBeUndefined()
  })

  it("may have its host in capitals, and is kept as a browser writes it", () => {
    expect(parseWebhook("discord", "HTTPS://Discord.COM/api/webhooks/1/aB")).toBe(
      "https://discord.com/api/webhooks/1/aB",
    )
    expect(parseWebhook("slack", "https://HOOKS.slack.com/services/T1/B2/aB")).toBe(
      "https://hooks.slack.com/services/T1/B2/aB",
    )
  })
})

it("stays where none is given, and where what we showed of it comes back", () => {
  const shown = maskWebhook("discord", DISCORD)
  expect(decideWebhook("discord", shown, true, "")).toEqual({ kind: "keep" })
  expect(decideWebhook("discord", shown, true, shown)).toEqual({ kind: "keep" })
})

it("is missing where none is given and none is stored", () => {
  expect(decideWebhook("slack", null, true, "")).toEqual({ kind: "missing" })
})

it.each(["", DISCORD, SLACK, "a word"])("goes when its room is switched off, whatever is given: %s", (given) => {
  for (const shown of [null, maskWebhook("slack", SLACK)]) {
    expect(decideWebhook("slack", shown, false, given)).toEqual({ kind: "clear" })
  }
})

it.each([
  [`${DISCORD}?thread_id=123`, `${DISCORD}?thread_id=123`],
  [`${DISCORD}?thread_id=123&wait=true`, `${DISCORD}?thread_id=123`],
  [`${DISCORD}?wait=false&thread_id=123`, `${DISCORD}?thread_id=123`],
  [`${DISCORD}?wait=true`, DISCORD],
])("of Discord's keeps its thread, and nothing else that is asked: %s", (given, webhook) => {
  expect(parseWebhook("discord", given)).toBe(webhook)
})

describe("what is shown of it", () => {
  it("are its last four characters, and nothing else of it", () => {
    expect(maskWebhook("discord", DISCORD)).toBe("https://discord.com/api/webhooks/…wxyz")
    expect(maskWebhook("slack", SLACK)).toBe("https://hooks.slack.com/services/…wxyz")
    expect(maskWebhook("slack", undefined)).toBe("https://hooks.slack.com/services/…")
  })

  it.each(["discord", "slack"] as const)("fits into a field for addresses, and is no webhook: %s", (room) => {
    for (const webhook of [DISCORD, SLACK, undefined]) {
      expect(URL.canParse(maskWebhook(room, webhook))).toBe(true)
      expect(parseWebhook(room, maskWebhook(room, webhook))).toBeUndefined()
    }
  })
})
