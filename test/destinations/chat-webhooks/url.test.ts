import { describe, expect, it } from "vitest"
import { decideWebhook } from "../../../src/destinations/chat-webhooks/decide"
import { CHAT_PRODUCTS } from "../../../src/domain/channels"
import { maskWebhook, parseWebhook } from "../../../src/destinations/chat-webhooks/url"

const DISCORD = "https://discord.com/api/webhooks/123456789012345678/a-Token_of-acme-wxyz"
const SLACK = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXwxyz"

describe("a webhook URL", () => {
  it.each([
    DISCORD,
    "https://discordapp.com/api/webhooks/1/t",
    "https://ptb.discord.com/api/webhooks/1/t",
    "https://canary.discord.com/api/webhooks/1/t",
    "https://ptb.discordapp.com/api/webhooks/1/t",
    "https://canary.discordapp.com/api/webhooks/1/t",
  ])("of Discord is accepted: %s", (webhook) => {
    for (const masked of [null, maskWebhook("discord", DISCORD)]) {
      expect(decideWebhook("discord", { masked, enabled: true, given: webhook })).toEqual({ kind: "replace", webhook })
    }
    expect(parseWebhook("slack", webhook)).toBeUndefined()
  })

  it.each([SLACK, "https://hooks.slack-gov.com/services/T1/B2/x3"])("of Slack is accepted: %s", (webhook) => {
    expect(decideWebhook("slack", { masked: null, enabled: true, given: webhook })).toEqual({
      kind: "replace",
      webhook,
    })
    expect(parseWebhook("discord", webhook)).toBeUndefined()
  })

  it("may have its host in upper case, and is stored with it in lower case", () => {
    expect(parseWebhook("discord", "HTTPS://Discord.COM/api/webhooks/1/aB")).toBe(
      "https://discord.com/api/webhooks/1/aB",
    )
    expect(parseWebhook("slack", "https://HOOKS.slack.com/services/T1/B2/aB")).toBe(
      "https://hooks.slack.com/services/T1/B2/aB",
    )
  })
})

it.each([
  ["discord", `${DISCORD}/`, DISCORD],
  ["discord", `${DISCORD}/?wait=true`, DISCORD],
  ["discord", DISCORD.replace("/api/", "/api/v10/"), DISCORD],
  [
    "discord",
    `${DISCORD.replace("/api/", "/api/v9/").replace("discord", "ptb.Discord")}/`,
    DISCORD.replace("discord", "ptb.discord"),
  ],
  ["slack", `${SLACK}/`, SLACK],
] as const)("of %s may have a final slash or a version: %s", (product, given, webhook) => {
  expect(parseWebhook(product, given)).toBe(webhook)
})

it("keeps the stored webhook for an empty text and for its own mask", () => {
  const masked = maskWebhook("discord", DISCORD)
  expect(decideWebhook("discord", { masked, enabled: true, given: "" })).toEqual({ kind: "keep" })
  expect(decideWebhook("discord", { masked, enabled: true, given: masked })).toEqual({ kind: "keep" })
  const ofMembers = maskWebhook("discord", undefined)
  expect(decideWebhook("discord", { masked, enabled: true, given: ofMembers })).toEqual({ kind: "keep" })
  expect(decideWebhook("discord", { masked: null, enabled: true, given: ofMembers })).toEqual({ kind: "missing" })
})

it("misses a webhook where none is given and none is stored", () => {
  expect(decideWebhook("slack", { masked: null, enabled: true, given: "" })).toEqual({ kind: "missing" })
})

it.each(["", DISCORD, SLACK, "a word"])("removes the webhook when the product is switched off, given %j", (given) => {
  for (const masked of [null, maskWebhook("slack", SLACK)]) {
    expect(decideWebhook("slack", { masked, enabled: false, given })).toEqual({ kind: "clear" })
  }
})

it.each([
  [`${DISCORD}?thread_id=123`, `${DISCORD}?thread_id=123`],
  [`${DISCORD}?thread_id=123&wait=true`, `${DISCORD}?thread_id=123`],
  [`${DISCORD}?wait=false&thread_id=123`, `${DISCORD}?thread_id=123`],
  [`${DISCORD}/?thread_id=123`, `${DISCORD}?thread_id=123`],
  [`${DISCORD}?wait=true`, DISCORD],
])("keeps the thread of a Discord webhook, and no other parameter: %s", (given, webhook) => {
  expect(parseWebhook("discord", given)).toBe(webhook)
})

describe("a masked webhook", () => {
  it("has its last four characters, and nothing else of it", () => {
    expect(maskWebhook("discord", DISCORD)).toBe("https://discord.com/api/webhooks/…wxyz")
    expect(maskWebhook("slack", SLACK)).toBe("https://hooks.slack.com/services/…wxyz")
    expect(maskWebhook("slack", undefined)).toBe("https://hooks.slack.com/services/…")
  })

  it.each(CHAT_PRODUCTS)("is a URL, for a form field of that type, and no webhook: %s", (product) => {
    for (const webhook of [DISCORD, SLACK, undefined]) {
      expect(URL.canParse(maskWebhook(product, webhook))).toBe(true)
      expect(parseWebhook(product, maskWebhook(product, webhook))).toBeUndefined()
    }
  })
})
