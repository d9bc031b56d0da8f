import { describe, expect, it } from "vitest"
import { MisconfiguredError } from "../src/runtime/errors"
import { seal, staleRanges, unseal } from "../src/destinations/chat-webhooks/seal"

const keyOf = (id: string, byte: number) =>
  `${id}:${btoa(String.fromCharCode(...new Uint8Array(32).fill(byte)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace("=", "")}`
const OLD = keyOf("2025", 1)
const NEW = keyOf("2026-b_1", 254)
const SECRET = "https://discord.com/api/webhooks/1/größer"
const HERE = { orgId: 1, column: "discord_webhook" }

const refusal = async (doing: Promise<unknown>) => {
  const error = await doing.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(MisconfiguredError)
  return (error as Error).message
}

describe("a sealed secret", () => {
  it("is opened again, and shows nothing of itself", async () => {
    const sealed = await seal([NEW], SECRET, HERE)
    expect(sealed).toMatch(/^v1\.2026-b_1\.[\w-]{16}\.[\w-]+$/)
    expect(await unseal([NEW], sealed, HERE)).toBe(SECRET)
  })

  it("never looks the same twice", async () => {
    expect(await seal([NEW], SECRET, HERE)).not.toBe(await seal([NEW], SECRET, HERE))
  })

  it("is sealed by the first key, and opened by the one that it names", async () => {
    const before = await seal([OLD], SECRET, HERE)
    const after = await seal([NEW, OLD], SECRET, HERE)
    expect(after).toMatch(/^v1\.2026-b_1\./)
    for (const sealed of [before, after]) expect(await unseal([NEW, OLD], sealed, HERE)).toBe(SECRET)
    expect(await refusal(unseal([NEW], before, HERE))).toBe("SECRETS_KEYS has no key 2025")
  })

  it.each([
    ["another organisation", { ...HERE, orgId: 2 }],
    ["another column", { ...HERE, column: "slack_webhook" }],
  ])("does not open for %s", async (_, elsewhere) => {
    const sealed = await seal([NEW], SECRET, HERE)
    expect(await refusal(unseal([NEW], sealed, elsewhere))).toBe(
      "the key 2026-b_1 in SECRETS_KEYS does not open what is stored",
    )
  })

  it("does not open by another key of the same name", async () => {
    const sealed = await seal([NEW], SECRET, HERE)
    expect(await refusal(unseal([keyOf("2026-b_1", 3)], sealed, HERE))).toContain("does not open")
  })

  it("does not open where anything of it was changed", async () => {
    const sealed = await seal([NEW, OLD], SECRET, HERE)
    for (let at = "v1.".length; at < sealed.length - 1; at++) {
      const other = sealed[at] === "A" ? "Q" : "A"
      const message = await refusal(unseal([NEW, OLD], sealed.slice(0, at) + other + sealed.slice(at + 1), HERE))
      expect(message).not.toContain(SECRET)
    }
    for (const cut of [sealed.slice(0, -4), "v1.", "v1.2026-b_1..", `${sealed}.`, `${sealed}\n`]) {
      await refusal(unseal([NEW, OLD], cut, HERE))
    }
  })
})

it("leaves what was stored in plain as it is, with or without keys", async () => {
  for (const keys of [[], [NEW]]) expect(await unseal(keys, SECRET, HERE)).toBe(SECRET)
})

it("seals nothing without a key", async () => {
  expect(await refusal(seal([], SECRET, HERE))).toBe("SECRETS_KEYS is not set")
})

it.each([
  "no name",
  "name:short",
  `${NEW}AAAA`,
  NEW.slice(0, -1),
  NEW.replace("2026", "2026 "),
  `:${NEW.split(":")[1]}`,
  NEW.replace("2026-b_1", "x".repeat(33)),
])("says of a key that is none that it cannot be used, and not what it is: %s", async (key) => {
  expect(await refusal(seal([key], SECRET, HERE))).toBe("SECRETS_KEYS cannot be used")
})

it("knows what to seal anew: all but what the first key has sealed", async () => {
  const isStale = (stored: string) => staleRanges([NEW, OLD]).some(([from, to]) => stored >= from && stored < to)
  for (const plain of [SECRET, "https://hooks.slack.com/", "http://x", "v1", "zzz"]) expect(isStale(plain)).toBe(true)
  expect(isStale(await seal([OLD], SECRET, HERE))).toBe(true)
  expect(isStale(await seal([NEW], SECRET, HERE))).toBe(false)
  // Nobody could open it.
  expect(isStale(await seal([keyOf("2024", 1)], SECRET, HERE))).toBe(false)
  expect(isStale(await seal([keyOf("2025b", 1)], SECRET, HERE))).toBe(false)
  expect(isStale("")).toBe(false)
})
