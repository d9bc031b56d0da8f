import { describe, expect, it } from "vitest"
import { MisconfiguredError } from "../../src/runtime/errors"
import { decryptSecret, encryptSecret, outdatedRanges } from "../../src/runtime/encrypt-secrets"

const keyOf = (id: string, byte: number) =>
  `${id}:${btoa(String.fromCharCode(...new Uint8Array(32).fill(byte)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace("=", "")}`
const OLD = keyOf("2025", 1)
const NEW = keyOf("2026-b_1", 254)
const SECRET = "https://discord.com/api/webhooks/1/größer"
const AAD = { orgId: 1, field: "discord_webhook" }

/** The message of the `MisconfiguredError` that this rejects with. */
const messageOf = async (rejected: Promise<unknown>) => {
  const error = await rejected.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(MisconfiguredError)
  return (error as Error).message
}

describe("an encrypted secret", () => {
  it("decrypts, and has a version and a key id in front", async () => {
    const encrypted = await encryptSecret([NEW], SECRET, AAD)
    expect(encrypted).toMatch(/^v1\.2026-b_1\.[\w-]{16}\.[\w-]+$/)
    expect(await decryptSecret([NEW], encrypted, AAD)).toBe(SECRET)
  })

  it("decrypts though an earlier version of this service encrypted it", async () => {
    const stored =
      "v1.2025.2TNo5DuJZIUcXYMJ.U-161O7s0FK-PXGY_lIayuE3g28viCj4rnTBvvWfa63bsr5s6cC0B8ZVsiJv9AnELxmX1s19l3OB7gQ"
    expect(await decryptSecret([OLD], stored, { orgId: 1, field: "discord_webhook" })).toBe(SECRET)
  })

  it("is different each time", async () => {
    expect(await encryptSecret([NEW], SECRET, AAD)).not.toBe(await encryptSecret([NEW], SECRET, AAD))
  })

  it("is encrypted with the first key, and decrypted with the key that it names", async () => {
    const before = await encryptSecret([OLD], SECRET, AAD)
    const after = await encryptSecret([NEW, OLD], SECRET, AAD)
    expect(after).toMatch(/^v1\.2026-b_1\./)
    for (const encrypted of [before, after]) expect(await decryptSecret([NEW, OLD], encrypted, AAD)).toBe(SECRET)
    expect(await messageOf(decryptSecret([NEW], before, AAD))).toBe("SECRETS_KEYS has no key 2025")
  })

  it.each([
    ["another organisation", { ...AAD, orgId: 2 }],
    ["another field", { ...AAD, field: "slack_webhook" }],
  ])("does not decrypt for %s", async (_, elsewhere) => {
    const encrypted = await encryptSecret([NEW], SECRET, AAD)
    expect(await messageOf(decryptSecret([NEW], encrypted, elsewhere))).toBe(
      "the key 2026-b_1 in SECRETS_KEYS does not open what is stored",
    )
  })

  it("does not decrypt with another key of the same id", async () => {
    const encrypted = await encryptSecret([NEW], SECRET, AAD)
    expect(await messageOf(decryptSecret([keyOf("2026-b_1", 3)], encrypted, AAD))).toContain("does not open")
  })

  it("does not decrypt once any character has changed", async () => {
    const encrypted = await encryptSecret([NEW, OLD], SECRET, AAD)
    for (let at = "v1.".length; at < encrypted.length - 1; at++) {
      const other = encrypted[at] === "A" ? "Q" : "A"
      const message = await messageOf(
        decryptSecret([NEW, OLD], encrypted.slice(0, at) + other + encrypted.slice(at + 1), AAD),
      )
      expect(message).not.toContain(SECRET)
    }
    for (const cut of [encrypted.slice(0, -4), "v1.", "v1.2026-b_1..", `${encrypted}.`, `${encrypted}\n`]) {
      await messageOf(decryptSecret([NEW, OLD], cut, AAD))
    }
  })
})

it("returns a secret that was stored in plain text as it is, with and without keys", async () => {
  for (const keys of [[], [NEW]]) expect(await decryptSecret(keys, SECRET, AAD)).toBe(SECRET)
})

it("encrypts nothing without a key", async () => {
  expect(await messageOf(encryptSecret([], SECRET, AAD))).toBe("SECRETS_KEYS is not set")
})

it.each([
  "no name",
  "name:short",
  `${NEW}AAAA`,
  NEW.slice(0, -1),
  NEW.replace("2026", "2026 "),
  `:${NEW.split(":")[1]}`,
  NEW.replace("2026-b_1", "x".repeat(33)),
])("rejects a malformed key without quoting it: %s", async (key) => {
  expect(await messageOf(encryptSecret([key], SECRET, AAD))).toBe(
    "SECRETS_KEYS is not usable: it must be keys such as <name>:<32 bytes in base64url>, separated by commas",
  )
})

it("finds what to encrypt again: plain text, and what another known key encrypted", async () => {
  const isOutdated = (stored: string) => outdatedRanges([NEW, OLD]).some(([from, to]) => stored >= from && stored < to)
  for (const plain of [SECRET, "https://hooks.slack.com/", "http://x", "v1", "zzz"])
    expect(isOutdated(plain)).toBe(true)
  expect(isOutdated(await encryptSecret([OLD], SECRET, AAD))).toBe(true)
  expect(isOutdated(await encryptSecret([NEW], SECRET, AAD))).toBe(false)
  // A key that is not configured could not decrypt it.
  expect(isOutdated(await encryptSecret([keyOf("2024", 1)], SECRET, AAD))).toBe(false)
  expect(isOutdated(await encryptSecret([keyOf("2025b", 1)], SECRET, AAD))).toBe(false)
  expect(isOutdated("")).toBe(false)
})
