import { describe, expect, it } from "vitest"
import { nextAttempt } from "../../src/delivery/retry"
import { RETRY_DELAYS_MS } from "../../src/runtime/backoff"
import { HOUR, MINUTE, SECOND } from "../support/clock"

const NOW = Date.UTC(2026, 10, 20, 12)

const transient = (retryAfter?: number) => ({ permanent: false, retryAfterMs: retryAfter })
const inMs = (ms: number) => ({ kind: "retry", at: NOW + ms })

describe("a transient failure", () => {
  it.each<[string, number, number]>([
    ["30 seconds after the first attempt", 1, 30 * SECOND],
    ["2 minutes after the second", 2, 2 * MINUTE],
    ["10 minutes after the third", 3, 10 * MINUTE],
    ["30 minutes after the fourth", 4, 30 * MINUTE],
    ["2 hours after the fifth", 5, 2 * HOUR],
    ["6 hours after the sixth", 6, 6 * HOUR],
  ])("is retried %s, give or take a fifth", (_, attempts, delay) => {
    const at = (random: number) => nextAttempt(transient(), { attempts, now: NOW, random })
    expect(at(0)).toEqual(inMs(0.8 * delay))
    expect(at(0.5)).toEqual(inMs(delay))
    const latest = at(1 - Number.EPSILON)
    expect(latest).toEqual(inMs(Math.round(1.2 * delay)))
  })

  it("is given up after the seventh attempt", () => {
    expect(RETRY_DELAYS_MS).toHaveLength(6)
    for (const attempts of [7, 8, 100]) {
      expect(nextAttempt(transient(HOUR), { attempts, now: NOW, random: 0.5 })).toEqual({ kind: "dead" })
    }
  })

  it.each<[string, number, number, number]>([
    ["the provider's delay, if that is longer", 1, 5 * MINUTE, 5 * MINUTE],
    ["our own delay, if that is longer", 3, MINUTE, 10 * MINUTE],
    ["12 hours at most, whatever the provider asks for", 1, 48 * HOUR, 12 * HOUR],
    ["our own delay, if the provider asks for none", 2, 0, 2 * MINUTE],
  ])("waits for %s", (_, attempts, retryAfterMs, expected) => {
    expect(nextAttempt(transient(retryAfterMs), { attempts, now: NOW, random: 0.5 })).toEqual(inMs(expected))
  })
})

describe("a permanent failure", () => {
  it.each([1, 2, 7])("is never retried, after attempt %s", (attempts) => {
    const error = { permanent: true, retryAfterMs: MINUTE }
    expect(nextAttempt(error, { attempts, now: NOW, random: 0.5 })).toEqual({ kind: "failed" })
  })
})
