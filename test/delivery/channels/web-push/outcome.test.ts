import { describe, expect, it } from "vitest"
import { toSendResult } from "../../../../src/delivery/channels/web-push/outcome"
import type { PushResult } from "../../../../src/delivery/channels/web-push/answer"

describe("the outcome for all devices of a person", () => {
  const sent: PushResult = { kind: "sent" }
  const gone: PushResult = { kind: "gone" }
  const permanent: PushResult = { kind: "permanent_failure", reason: "the push service answered 400" }
  const temporary = (retryAfterMs?: number): PushResult => ({
    kind: "temporary_failure",
    reason: "the push service answered 429",
    retryAfterMs,
  })
  const keyRefused: PushResult = { kind: "key_refused", reason: "the push service answered 403" }
  const NO_DEVICE = { kind: "suppressed", reason: "no_device" }
  const SENT = { kind: "sent", providerId: null }
  const FAILED = { message: "the push service answered 400", options: { permanent: true } }
  const retry = (retryAfterMs?: number) => ({
    message: "the push service answered 429",
    options: { permanent: false, retryAfterMs },
  })

  it.each<[string, PushResult[], object]>([
    ["no device", [], NO_DEVICE],
    ["all gone", [gone, gone], NO_DEVICE],
    ["one sent", [sent], SENT],
    ["one sent, others gone", [gone, sent, gone], SENT],
    ["one sent, one failed permanently", [permanent, sent], SENT],
    ["one sent, one failed temporarily", [temporary(), sent], SENT],
  ])("is a result: %s", (_, results, expected) => {
    expect(toSendResult(results)).toEqual(expected)
  })

  it.each<[string, PushResult[], object]>([
    ["one failed permanently", [permanent], FAILED],
    ["one failed permanently, one gone", [gone, permanent], FAILED],
    ["one failed temporarily", [temporary()], retry()],
    ["one failed permanently, one temporarily", [permanent, temporary()], retry()],
    ["one gone, one failed temporarily", [gone, temporary()], retry()],
    [
      "one refused our key",
      [keyRefused, permanent],
      { message: "the push service answered 403", options: { permanent: false } },
    ],
    [
      "several failed temporarily, with the longest delay",
      [temporary(1_000), temporary(), temporary(5_000)],
      retry(5_000),
    ],
  ])("is an error: %s", (_, results, expected) => {
    expect(() => toSendResult(results)).toThrow(expect.objectContaining(expected))
  })
})
