import type { Deps } from "../deps"
import type { BarCopy, Standing } from "./bar-store"
import { framesBetween, isOnlyChange } from "./diff"
import { type BarItem, updatedText } from "./protocol"
import { excerpt } from "./excerpt"
import { type Bar, barsOf, itemById, MOST_BARS, MOST_ITEMS, standingsAt, toBarItem } from "../inbox/bar-queries"
import type { Seats } from "./connections"

/** The version of an inbox that was not read yet: older than any. */
const NOT_READ = -1

/**
 * Keeps the copy up with the database, and tells open tabs the difference. Each change may be told twice or out of
 * order, since a copy only ever moves to a later version of an inbox.
 */
export class Projection {
  /** Changes on their way in: whoever asks for a bar waits for them, and so sees what they just did. */
  private readonly incoming = new Set<Promise<void>>()

  constructor(
    private readonly copy: BarCopy,
    private readonly seats: Seats,
    private readonly deps: Deps,
  ) {}

  /** Sees to it that the copy has this person's bar: what is on its way is in, and the first time it is read. */
  async look(orgUserId: number): Promise<void> {
    const now = this.deps.now()
    await Promise.allSettled(this.incoming)
    if ((this.copy.standing(orgUserId)?.version ?? NOT_READ) === NOT_READ) {
      // In the copy before it is read, it misses nothing of what is told meanwhile. Its seq is later than any ever sent.
      this.copy.keep({ orgUserId, ids: [], total: 0, unreadCount: 0, version: NOT_READ, seq: now }, now)
      await this.changed([orgUserId])
    }
    this.copy.saw(orgUserId, now)
  }

  /** A notification entered these inboxes. */
  arrived(arrival: { notificationId: number; orgUserIds: number[] }): Promise<void> {
    return this.track(this.carryForward(arrival))
  }

  /** Something happened to these inboxes. */
  changed(orgUserIds: number[]): Promise<void> {
    return this.track(this.reload(this.copy.standings(orgUserIds)))
  }

  /** The text of a notification changed. */
  rewritten(notificationId: number): Promise<void> {
    return this.track(this.rewrite(notificationId))
  }

  /** These people are known, and this is where the database has their inboxes. */
  catchUp(known: Standing[], truths: { orgUserId: number; version: number }[]): Promise<void> {
    const versions = new Map(truths.map((truth) => [truth.orgUserId, truth.version]))
    return this.track(this.reload(known.filter((person) => person.version !== (versions.get(person.orgUserId) ?? 0))))
  }

  private async carryForward({ notificationId, orgUserIds }: { notificationId: number; orgUserIds: number[] }) {
    const known = this.copy.standings(orgUserIds)
    if (known.length === 0) return
    const { db } = this.deps
    const [truths, [row]] = await db.batch([
      standingsAt(db, { orgUserIds: known.map((person) => person.orgUserId), notificationId }),
      itemById(db, { id: notificationId }),
    ])
    if (!row) return
    const item = toBarItem(row)
    if (row.urgent) this.learn([item])
    const text = JSON.stringify(excerpt(item))
    const behind: Standing[] = []
    for (const truth of truths) {
      const before = this.copy.standing(truth.orgUserId)
      if (!before || truth.version <= before.version) continue
      if (!isOnlyChange(before, truth, row)) {
        behind.push(before)
        continue
      }
      const ids = row.urgent ? [row.id, ...before.ids].slice(0, MOST_ITEMS) : before.ids
      const { orgUserId, unread: unreadCount, unreadUrgent: total, version } = truth
      this.move(before, { orgUserId, ids, total, unreadCount, version }, () => text)
    }
    await this.reload(behind)
  }

  /** Reads these bars anew. Whoever is left over for too many is found by the next alarm. */
  private async reload(people: Standing[]): Promise<void> {
    if (people.length === 0) return
    const orgUserIds = people.slice(0, MOST_BARS).map((person) => person.orgUserId)
    for (const bar of await barsOf(this.deps.db, { orgUserIds })) {
      this.learn(bar.items)
      const before = this.copy.standing(bar.orgUserId)
      if (!before || bar.version < before.version) continue
      const textOf = (id: number) => JSON.stringify(excerpt(bar.items.find((item) => item.id === id) as BarItem))
      this.move(before, standingOf(bar), textOf)
    }
  }

  private async rewrite(notificationId: number): Promise<void> {
    // Whoever is reading now may have read the old text, and must not write it after us.
    await Promise.allSettled(this.incoming)
    if (this.copy.items([notificationId]).length === 0) return
    const [row] = await itemById(this.deps.db, { id: notificationId })
    if (row) this.learn([toBarItem(row)])
  }

  /** Keeps these items; where a text is new, all who show it are told, whichever way we came to know it. */
  private learn(items: BarItem[]): void {
    for (const item of items) {
      if (this.copy.keepItem(item) !== "rewritten") continue
      const text = JSON.stringify(excerpt(item))
      for (const person of this.copy.standings().filter(({ ids }) => ids.includes(item.id))) {
        const seq = person.seq + 1
        this.copy.keep({ ...person, seq }, this.deps.now())
        this.seats.push(person.orgUserId, [updatedText(text, { seq })])
      }
    }
  }

  /** Moves the copy to a later version, and tells open tabs what is different. */
  private move(before: Standing, after: Omit<Standing, "seq">, textOf: (id: number) => string): void {
    const { frames, seq } = framesBetween(before, after, textOf)
    this.copy.keep({ ...after, seq }, this.deps.now())
    this.seats.push(after.orgUserId, frames)
  }

  private track(change: Promise<void>): Promise<void> {
    this.incoming.add(change)
    return change.finally(() => this.incoming.delete(change))
  }
}

const standingOf = ({ orgUserId, items, total, unreadCount, version }: Bar): Omit<Standing, "seq"> => ({
  orgUserId,
  ids: items.map((item) => item.id),
  total,
  unreadCount,
  version,
})
