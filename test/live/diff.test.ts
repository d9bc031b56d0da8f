import { describe, expect, it } from "vitest"
import { framesBetween, isOnlyChange } from "../../src/live/diff"

const STANDING = { orgUserId: 2, ids: [9, 7, 5], total: 3, unreadCount: 6, version: 20, seq: 100 }

describe("isOnlyChange", () => {
  const urgentTruth = { unread: 7, unreadUrgent: 4, version: 21, isNewest: true }
  const quietTruth = { unread: 7, unreadUrgent: 3, version: 21, isNewest: true }
  const urgent = { id: 11, urgent: true }
  const quiet = { id: 11, urgent: false }

  it.each([
    ["an urgent arrival", urgentTruth, urgent],
    ["a quiet arrival", quietTruth, quiet],
    ["a quiet arrival below something urgent and newer", { ...quietTruth, isNewest: false }, quiet],
  ])("carries %s forward", (_, truth, arrival) => {
    expect(isOnlyChange(STANDING, truth, arrival)).toBe(true)
  })

  it.each([
    ["a change more", { ...urgentTruth, version: 22 }, urgent],
    ["no change at all", { ...urgentTruth, version: 20 }, urgent],
    ["an older sight", { ...urgentTruth, version: 19 }, urgent],
    ["a reading beside it", { ...urgentTruth, unread: 6 }, urgent],
    ["an arrival more", { ...urgentTruth, unread: 8, unreadUrgent: 5 }, urgent],
    ["an urgent arrival that the counters do not know", { ...urgentTruth, unreadUrgent: 3 }, urgent],
    ["a quiet arrival where an urgent one is counted", { ...quietTruth, unreadUrgent: 4 }, quiet],
    ["what is shown already", urgentTruth, { ...urgent, id: 7 }],
    ["what was read meanwhile, or is not the newest", { ...urgentTruth, isNewest: false }, urgent],
  ])("does not carry forward %s", (_, truth, arrival) => {
    expect(isOnlyChange(STANDING, truth, arrival)).toBe(false)
  })
})

describe("framesBetween", () => {
  const textOf = (id: number) => `{"id":${id}}`
  const dataOf = (text: string) => {
    expect(JSON.parse(text)).toMatchObject({ message: "", status: "success" })
    return JSON.parse(text).data
  }

  const CASES: [string, object, object[]][] = [
    ["nothing for nothing", {}, []],
    ["nothing for a version that changed nothing", { version: 25 }, []],
    ["nothing for a total alone", { total: 60 }, []],
    ["the count when only that changed", { unreadCount: 7 }, [{ type: "unread_count", seq: 101, unread_count: 7 }]],
    [
      "what arrived",
      { ids: [11, 9, 7, 5], unreadCount: 7 },
      [{ type: "urgent_added", seq: 101, item: { id: 11 }, unread_count: 7 }],
    ],
    [
      "several arrivals, the oldest first",
      { ids: [13, 12, 9, 8, 7, 5], unreadCount: 9 },
      [8, 12, 13].map((id, i) => ({ type: "urgent_added", seq: 101 + i, item: { id }, unread_count: 9 })),
    ],
    [
      "what left, all in one frame",
      { ids: [7], unreadCount: 4 },
      [{ type: "urgent_removed", seq: 101, ids: [9, 5], unread_count: 4 }],
    ],
    [
      "what left before what arrived",
      { ids: [11, 9, 7] },
      [
        { type: "urgent_removed", seq: 101, ids: [5], unread_count: 6 },
        { type: "urgent_added", seq: 102, item: { id: 11 }, unread_count: 6 },
      ],
    ],
    [
      "an emptied bar",
      { ids: [], total: 0, unreadCount: 0 },
      [{ type: "urgent_removed", seq: 101, ids: [9, 7, 5], unread_count: 0 }],
    ],
  ]

  it.each(CASES)("says %s", (_, changes, expected) => {
    const { frames, seq } = framesBetween(STANDING, { ...STANDING, version: 21, ...changes }, textOf)
    expect(frames.map(dataOf)).toEqual(expected)
    expect(seq).toBe(100 + expected.length)
  })

  it("fills a bar that was empty", () => {
    const empty = { ...STANDING, ids: [], total: 0, unreadCount: 0 }
    const { frames } = framesBetween(empty, STANDING, textOf)
    expect(frames.map((text) => dataOf(text).item.id)).toEqual([5, 7, 9])
  })

  it("asks for the text of nothing that stays", () => {
    const asked: number[] = []
    framesBetween(STANDING, { ...STANDING, ids: [11, 9, 7] }, (id) => {
      asked.push(id)
      return textOf(id)
    })
    expect(asked).toEqual([11])
  })
})
