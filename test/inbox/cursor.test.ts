import { describe, expect, it } from "vitest"
import { earlierBound, parseCursor, toCursor } from "../../src/inbox/cursor"
import { alice } from "../support/people"

describe("a cursor", () => {
  it.each([
    { at: 0, id: 1 },
    { at: Date.UTC(2026, 5, 1), id: 123_456 },
    { at: -1, id: Number.MAX_SAFE_INTEGER },
  ])("is parsed back to %j", (position) => {
    expect(parseCursor(toCursor(position))).toEqual(position)
  })

  it.each(["", ".", "1", "1.2.3", "1. 2", "x!.1", "1.1e", "A.1", "0x1.1", "zzzzzzzzzzzzz.1", "1.1;--", "NaN.1"])(
    "is refused unless this service made it: %j",
    async (text) => {
      const parsed = parseCursor(text)
      const response = await alice.get(`/api/notifications/filtered?cursor=${encodeURIComponent(text)}`)
      expect(parsed ? 200 : 422, text).toBe(response.status)
      if (parsed) expect(toCursor(parsed)).toBe(text)
    },
  )

  it("gives one upper bound together with the end of a date range: the earlier one", () => {
    const after = { at: 10, id: 5 }
    expect(earlierBound(after, undefined)).toEqual(after)
    expect(earlierBound(undefined, 10)).toEqual({ at: 11, id: 0 })
    expect(earlierBound(after, 10)).toEqual(after)
    expect(earlierBound(after, 9)).toEqual({ at: 10, id: 0 })
    expect(earlierBound(undefined, undefined)).toBeUndefined()
  })
})
