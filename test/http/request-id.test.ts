import { expect, it } from "vitest"
import { cleanClientId } from "../../src/http/request-id"

it.each([
  ["a uuid", "0b0e7f5e-5a4f-4c6b-9d53-6c8a3a1f0d11", "0b0e7f5e-5a4f-4c6b-9d53-6c8a3a1f0d11"],
  ["a trace id", "Root=1-67891233:abc.def_1", "Root=1-67891233:abc.def_1"],
  ["nothing", "", ""],
  ["blanks", " a b\tc ", "abc"],
  ["JSON", '{"level":"error","event":"x"}', "level:errorevent:x"],
  ["lines", "a\r\nb\u2028c", "abc"],
  ["quotes and letters beyond ASCII", "' OR 1=1 -- é😀", "OR1=1--"],
])("cleans the caller's id of a request: %s", (_, id, clean) => {
  expect(cleanClientId(id)).toBe(clean)
})

it("cuts it", () => {
  expect(cleanClientId("x".repeat(100_000))).toBe("x".repeat(64))
})

it.each([
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiMSJ9.3vQmS1h5k0xw0oJ2lq7dQ4Yq0u1y3m8o6s9a2b4c5d6",
  "password=hunter2hunter2",
  "https://discord.com/api/webhooks/123456789012345678/AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
])("hides what looks like a secret: %s", (id) => {
  expect(cleanClientId(id)).not.toMatch(/eyJ|hunter2|AbCdEf/)
})
