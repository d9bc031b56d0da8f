import { describe, expect, it } from "vitest"
import { decideWebhook, masked } from "../../src/preferences/discord-webhook"

const STORED = "https://discord.com/api/webhooks/123456789012345678/a-Token_of-acme-wxyz"
const OTHER = "https://discord.com/api/webhooks/987654321098765432/another-token"

describe("a webhook of Discord's", () => {
  it.each([
    STORED,
    "https://discordapp.com/api/webhooks/1/t",
    "https://ptb.discord.com/api/webhooks/1/t",
    "https://canary.discord.com/api/webhooks/1/t",
    "https://ptb.discordapp.com/api/webhooks/1/t",
    "https://canary.discordapp.com/api/webhooks/1/t",
  ])("is taken: %s", (webhook) => {
    expect(decideWebhook(null, true, webhook)).toEqual({ kind: "replace", webhook })
    expect(decideWebhook(STORED, true, webhook)).toEqual({ kind: "replace", webhook })
  })

  it("is written as a browser writes it", () => {
    const webhook = "https://discord.com/api/webhooks/1/t"
    for (const given of ["HTTPS://Discord.COM/api/webhooks/1/t", "https://discord.com:443/api/x/../webhooks/1/t"]) {
      expect(decideWebhook(null, true, given)).toEqual({ kind: "replace", webhook })
    }
  })
})

describe("another address", () => {
  it.each([
    "http://discord.com/api/webhooks/1/t",
    "ftp://discord.com/api/webhooks/1/t",
    "https://evil.test/api/webhooks/1/t",
    "https://discord.com.evil.test/api/webhooks/1/t",
    "https://evil-discord.com/api/webhooks/1/t",
    "https://evil.discord.com/api/webhooks/1/t",
    "https://ptb.canary.discord.com/api/webhooks/1/t",
    "https://discord.com./api/webhooks/1/t",
    "https://discord.com:8443/api/webhooks/1/t",
    "https://discord.com@evil.test/api/webhooks/1/t",
    "https://me:pass@discord.com/api/webhooks/1/t",
    "https://evil.test/https://discord.com/api/webhooks/1/t",
    "https://evil.test\\@discord.com/api/webhooks/1/t",
    "https://discord.com/api/webhooks/1/t?to=https://evil.test",
    "https://discord.com/api/webhooks/1/t#fragment",
    "https://discord.com/api/webhooks/1/t/",
    "https://discord.com/api/webhooks/1/t/github",
    "https://discord.com/api/webhooks/1/",
    "https://discord.com/api/webhooks/t",
    "https://discord.com/api/webhooks/one/t",
    "https://discord.com/api/webhooks/1/../t",
    "https://discord.com/api/webhooks/1/%2e%2e",
    "https://discord.com/api/users/@me",
    "https://discord.com",
    "discord.com/api/webhooks/1/t",
    "//discord.com/api/webhooks/1/t",
    "javascript:alert(1)",
    "a word",
    "https://",
    masked(OTHER),
    "…wxyz",
  ])("is not taken: %s", (given) => {
    expect(decideWebhook(null, true, given)).toEqual({ kind: "foreign" })
    expect(decideWebhook(STORED, true, given)).toEqual({ kind: "foreign" })
  })
})

it("stays where none is given, and where what we showed of it comes back", () => {
  expect(decideWebhook(STORED, true, "")).toEqual({ kind: "keep" })
  expect(decideWebhook(STORED, true, masked(STORED))).toEqual({ kind: "keep" })
})

it("is missing where none is given and none is stored", () => {
  expect(decideWebhook(null, true, "")).toEqual({ kind: "missing" })
})

it.each(["", STORED, OTHER, masked(STORED), "a word"])(
  "goes when Discord is switched off, whatever is given: %s",
  (given) => {
    for (const stored of [null, STORED]) expect(decideWebhook(stored, false, given)).toEqual({ kind: "clear" })
  },
)

describe("what is shown of it", () => {
  it("are its last four characters, and nothing else of it", () => {
    expect(masked(STORED)).toBe("https://discord.com/api/webhooks/…wxyz")
    expect(masked("https://ptb.discordapp.com/api/webhooks/1/abcdwxyz")).toBe(masked(STORED))
  })

  it("fits into a field for addresses", () => {
    expect(URL.canParse(masked(STORED))).toBe(true)
  })
})
