import { describe, expect, it } from "vitest"
import { framesBetween, isOnlyChange } from "../../src/live/diff"

const STATE = { orgUserId: 2, ids: [9, 7, 5], total: 3, unreadCount: 6, version: 20, seq: 100 }

describe("isOnlyChange", () => {
  const afterUrgent = { unread: 7, unreadUrgent: 4, version: 21, isNewest: true }
  const afterNotUrgent = { unread: 7, unreadUrgent: 3, version: 21, isNewest: true }
  const urgent = { id: 11, urgent: true }
  const notUrgent = { id: 11, urgent: false }

  it.each([
    ["an urgent arrival", afterUrgent, urgent],
    ["an arrival that is not urgent", afterNotUrgent, notUrgent],
    ["an arrival that is not urgent, below a newer urgent one", { ...afterNotUrgent, isNewest: false }, notUrgent],
  ])("is true for %s", (_, latest, arrival) => {
    expect(isOnlyChange(STATE, latest, arrival)).toBe(true)
  })

  it.each([
    ["a second change", { ...afterUrgent, version: 22 }, urgent],
    ["no change at all", { ...afterUrgent, version: 20 }, urgent],
    ["an older version", { ...afterUrgent, version: 19 }, urgent],
    ["an arrival and a read", { ...afterUrgent, unread: 6 }, urgent],
    ["two arrivals", { ...afterUrgent, unread: 8, unreadUrgent: 5 }, urgent],
    ["an urgent arrival that unread_urgent does not count", { ...afterUrgent, unreadUrgent: 3 }, urgent],
    ["an arrival that is not urgent, where unread_urgent grew", { ...afterNotUrgent, unreadUrgent: 4 }, notUrgent],
    ["an item that is shown already", afterUrgent, { ...urgent, id: 7 }],
    ["an urgent arrival that is read or not the newest", { ...afterUrgent, isNewest: false }, urgent],
  ])("is false for %s", (_, latest, arrival) => {
    expect(isOnlyChange(STATE, latest, arrival)).toBe(false)
  })
})

describe("framesBetween", () => {
  const textOf = (id: number) => `{"id":${id}}`
  const dataOf = (text: string) => {
    expect(JSON.parse(text)).toMatchObject({ message: "", status: "success" })
    return JSON.parse(text).data
  }

  const CASES: [string, object, object[]][] = [
    ["no frames without a change", {}, []],
    ["no frames for a new version without changes", { version: 25 }, []],
    ["no frames when only the total changed", { total: 60 }, []],
    ["unread_count when only that changed", { unreadCount: 7 }, [{ type: "unread_count", seq: 101, unread_count: 7 }]],
    [
      "urgent_added for an arrival",
      { ids: [11, 9, 7, 5], unreadCount: 7 },
      [{ type: "urgent_added", seq: 101, item: { id: 11 }, unread_count: 7 }],
    ],
    [
      "one urgent_added for each arrival, the oldest first",
      { ids: [13, 12, 9, 8, 7, 5], unreadCount: 9 },
      [8, 12, 13].map((id, i) => ({ type: "urgent_added", seq: 101 + i, item: { id }, unread_count: 9 })),
    ],
    [
      "one urgent_removed for all removed items",
      { ids: [7], unreadCount: 4 },
      [{ type: "urgent_removed", seq: 101, ids: [9, 5], unread_count: 4 }],
    ],
    [
      "urgent_removed before urgent_added",
      { ids: [11, 9, 7] },
      [
        { type: "urgent_removed", seq: 101, ids: [5], unread_count: 6 },
        { type: "urgent_added", seq: 102, item: { id: 11 }, unread_count: 6 },
      ],
    ],
    [
      "urgent_removed with all items of an emptied bar",
      { ids: [], total: 0, unreadCount: 0 },
      [{ type: "urgent_removed", seq: 101, ids: [9, 7, 5], unread_count: 0 }],
    ],
  ]

  it.each(CASES)("returns %s", (_, changes, expected) => {
    const { frames, seq } = framesBetween(STATE, { ...STATE, version: 21, ...changes }, textOf)
    expect(frames.map(dataOf)).toEqual(expected)
    expect(seq).toBe(100 + expected.length)
  })

  it("returns urgent_added for all items of a bar that was empty", () => {
    const empty = { ...STATE, ids: [], total: 0, unreadCount: 0 }
    const { frames } = framesBetween(empty, STATE, textOf)
    expect(frames.map((text) => dataOf(text).item.id)).toEqual([5, 7, 9])
  })

  it("encodes only added items", () => {
    const encoded: number[] = []
    framesBetween(STATE, { ...STATE, ids: [11, 9, 7] }, (id) => {
      encoded.push(id)
      return textOf(id)
    })
    expect(encoded).toEqual([11])
  })
})
