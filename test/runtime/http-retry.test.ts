import { describe, expect, it } from "vitest"
import { isTransientStatus, parseRetryAfter } from "../../src/runtime/http-retry"
import { HOUR, MINUTE } from "../support/clock"

const NOW = Date.UTC(2026, 10, 20, 12)

describe("Retry-After", () => {
  it.each<[string, string | null, number | undefined]>([
    ["seconds", "120", 2 * MINUTE],
    ["seconds with white space", " 120 ", 2 * MINUTE],
    ["a date", "Fri, 20 Nov 2026 12:10:00 GMT", 10 * MINUTE],
    ["more than 12 hours", "86400", 12 * HOUR],
    ["a date in a year", "Sat, 20 Nov 2027 12:00:00 GMT", 12 * HOUR],
    ["more digits than a number can hold", "9".repeat(400), undefined],
    ["no time at all", "0", undefined],
    ["a date that is over", "Fri, 20 Nov 2026 11:59:59 GMT", undefined],
    ["a negative number", "-5", undefined],
    ["words", "soon", undefined],
    ["nothing", "", undefined],
    ["no header", null, undefined],
  ])("may be %s", (_, header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected)
  })
})

it("a status is transient if the server is broken, slow or overloaded, and only then", () => {
  const statuses = [300, 400, 401, 403, 404, 407, 408, 409, 410, 413, 428, 429, 430, 499, 500, 503, 599]
  expect(statuses.filter(isTransientStatus)).toEqual([408, 429, 500, 503, 599])
})
