import { describe, expect, it } from "vitest"
import type { BarItem } from "../../src/domain/bar-item"
import { encodeUrgentAdded, encodeItemUpdated } from "../../src/live/protocol"
import { excerpt, FRAME_BYTES } from "../../src/live/excerpt"

const bytesOf = (text: string) => new TextEncoder().encode(text).length

const item = (changes: Partial<BarItem> = {}): BarItem => ({
  id: 1,
  author: "Dalgo",
  message: "The warehouse is down",
  category: "incident",
  timestamp: "2026-11-20T02:41:17.212Z",
  urgent: true,
  read_status: false,
  ...changes,
})

/** Bytes of the largest frame with this item. */
const maxFrameBytes = (shown: BarItem) => {
  const text = JSON.stringify({ ...shown, id: Number.MAX_SAFE_INTEGER, category: "dbt_test_failure" })
  const [seq, unreadCount] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
  return Math.max(bytesOf(encodeUrgentAdded(text, { seq, unreadCount })), bytesOf(encodeItemUpdated(text, { seq })))
}

describe("excerpt", () => {
  it.each([
    ["a short message", item()],
    ["an empty message", item({ message: "", author: "" })],
    ["two lines", item({ message: "One\nTwo" })],
    ["the longest ASCII message that fits", item({ message: "a".repeat(1000 - 300 - 7 - 2) })],
    ["the longest emoji message that fits", item({ message: "😀".repeat(172) })],
    ["the longest author that fits", item({ author: "a".repeat(98) })],
  ])("does not cut %s", (_, whole) => {
    expect(excerpt(whole)).toEqual(whole)
  })

  it.each([
    ["one ASCII character too many", "a".repeat(1000 - 300 - 7 - 2 + 1), "a".repeat(1000 - 300 - 7 - 5)],
    ["a message with spaces at the cut", `${"a".repeat(600)}${" ".repeat(500)}`, "a".repeat(600)],
    ["emoji between characters", "😀".repeat(1_000), "😀".repeat(172)],
    ["characters of three bytes", "अ".repeat(1_000), "अ".repeat(229)],
    ["characters that JSON escapes", "\u0001".repeat(1_000), "\u0001".repeat(114)],
    ["quotes", '"'.repeat(1_000), '"'.repeat(344)],
    ["a message with a lone surrogate", `a\ud83d${"b".repeat(1_000)}`, `a\ufffd${"b".repeat(684)}`],
  ])("cuts %s", (_, message, kept) => {
    expect(excerpt(item({ message })).message).toBe(`${kept}…`)
  })

  it("cuts a long author so that the message has room", () => {
    const shown = excerpt(item({ author: "x".repeat(254), message: "m".repeat(10_000) }))
    expect(shown.author).toBe(`${"x".repeat(95)}…`)
    expect(shown.message.length).toBeGreaterThan(590)
  })

  it("changes only author and message, in a copy of the item", () => {
    const whole = item({ message: "a".repeat(10_000) })
    const shown = excerpt(whole)
    expect(whole.message).toHaveLength(10_000)
    expect({ ...shown, message: "", author: "" }).toEqual({ ...whole, message: "", author: "" })
  })

  const units = ["a", "é", "अ", "😀", "👩‍👩‍👧", "\u0000", "\u001f", '"', "\\", "\n", "\u2028", "\ud800", "\udc00", " "]
  const texts = units.flatMap((unit) => [
    unit.repeat(254),
    unit.repeat(700),
    unit.repeat(10_000),
    `${unit}x`.repeat(5_000),
  ])

  it("keeps the largest frame within 1,000 bytes for all texts", () => {
    const shown = texts.flatMap((message) => units.map((unit) => excerpt(item({ message, author: unit.repeat(254) }))))
    expect(shown.filter((cut) => maxFrameBytes(cut) > FRAME_BYTES)).toEqual([])
  })
})

describe("frames with an encoded item", () => {
  const text = JSON.stringify(item())

  it("encodes urgent_added like JSON.stringify", () => {
    expect(encodeUrgentAdded(text, { seq: 7, unreadCount: 3 })).toBe(
      JSON.stringify({
        message: "",
        status: "success",
        data: { type: "urgent_added", seq: 7, item: item(), unread_count: 3 },
      }),
    )
  })

  it("encodes item_updated like JSON.stringify", () => {
    expect(encodeItemUpdated(text, { seq: 7 })).toBe(
      JSON.stringify({ message: "", status: "success", data: { type: "item_updated", seq: 7, item: item() } }),
    )
  })
})
