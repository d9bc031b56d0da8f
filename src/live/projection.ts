import type { Deps } from "../deps"
import type { BarStore, BarState } from "./bar-store"
import { framesBetween, isOnlyChange } from "./diff"
import type { BarItem } from "../domain/bar-item"
import { encodeItemUpdated } from "./protocol"
import { excerpt } from "./excerpt"
import {
  type Bar,
  loadBars,
  selectBarItem,
  MAX_BARS,
  MAX_BAR_ITEMS,
  selectBarStatesAfter,
  toBarItem,
} from "../inbox/bar-queries"
import type { Connections } from "./connections"

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
    private readonly store: BarStore,
    private readonly connections: Connections,
    private readonly deps: Deps,
  ) {}

  /** Sees to it that the copy has this person's bar: what is on its way is in, and the first time it is read. */
  async ensureLoaded(orgUserId: number): Promise<void> {
    const now = this.deps.now()
    await Promise.allSettled(this.incoming)
    if ((this.store.state(orgUserId)?.version ?? NOT_READ) === NOT_READ) {
      // In the copy before it is read, it misses nothing of what is told meanwhile. Its seq is later than any ever sent.
      this.store.save({ orgUserId, ids: [], total: 0, unreadCount: 0, version: NOT_READ, seq: now }, now)
      await this.changed([orgUserId])
    }
    this.store.touch(orgUserId, now)
  }

  /** A notification entered these inboxes. */
  arrived(arrival: { notificationId: number; orgUserIds: number[] }): Promise<void> {
    return this.track(this.applyArrival(arrival))
  }

  /** Something happened to these inboxes. */
  changed(orgUserIds: number[]): Promise<void> {
    return this.track(this.reload(this.store.states(orgUserIds)))
  }

  /** The text of a notification changed. */
  itemUpdated(notificationId: number): Promise<void> {
    return this.track(this.reloadItem(notificationId))
  }

  /** These people are known, and this is where the database has their inboxes. */
  catchUp(known: BarState[], truths: { orgUserId: number; version: number }[]): Promise<void> {
    const versions = new Map(truths.map((truth) => [truth.orgUserId, truth.version]))
    return this.track(this.reload(known.filter((person) => person.version !== (versions.get(person.orgUserId) ?? 0))))
  }

  private async applyArrival({ notificationId, orgUserIds }: { notificationId: number; orgUserIds: number[] }) {
    const known = this.store.states(orgUserIds)
    if (known.length === 0) return
    const { db } = this.deps
    const [truths, [row]] = await db.batch([
      selectBarStatesAfter(db, { orgUserIds: known.map((person) => person.orgUserId), notificationId }),
      selectBarItem(db, { id: notificationId }),
    ])
    if (!row) return
    const item = toBarItem(row)
    if (row.urgent) this.upsertItems([item])
    const text = JSON.stringify(excerpt(item))
    const behind: BarState[] = []
    for (const truth of truths) {
      const before = this.store.state(truth.orgUserId)
      if (!before || truth.version <= before.version) continue
      if (!isOnlyChange(before, truth, row)) {
        behind.push(before)
        continue
      }
      const ids = row.urgent ? [row.id, ...before.ids].slice(0, MAX_BAR_ITEMS) : before.ids
      const { orgUserId, unread: unreadCount, unreadUrgent: total, version } = truth
      this.move(before, { orgUserId, ids, total, unreadCount, version }, () => text)
    }
    await this.reload(behind)
  }

  /** Reads these bars anew. Whoever is left over for too many is found by the next alarm. */
  private async reload(people: BarState[]): Promise<void> {
    if (people.length === 0) return
    const orgUserIds = people.slice(0, MAX_BARS).map((person) => person.orgUserId)
    for (const bar of await loadBars(this.deps.db, { orgUserIds })) {
      this.upsertItems(bar.items)
      const before = this.store.state(bar.orgUserId)
      if (!before || bar.version < before.version) continue
      const textOf = (id: number) => JSON.stringify(excerpt(bar.items.find((item) => item.id === id) as BarItem))
      this.move(before, toBarState(bar), textOf)
    }
  }

  private async reloadItem(notificationId: number): Promise<void> {
    // Whoever is reading now may have read the old text, and must not write it after us.
    await Promise.allSettled(this.incoming)
    if (this.store.items([notificationId]).length === 0) return
    const [row] = await selectBarItem(this.deps.db, { id: notificationId })
    if (row) this.upsertItems([toBarItem(row)])
  }

  /** Keeps these items; where a text is new, all who show it are told, whichever way we came to know it. */
  private upsertItems(items: BarItem[]): void {
    for (const item of items) {
      if (this.store.saveItem(item) !== "rewritten") continue
      const text = JSON.stringify(excerpt(item))
      for (const person of this.store.states().filter(({ ids }) => ids.includes(item.id))) {
        const seq = person.seq + 1
        this.store.save({ ...person, seq }, this.deps.now())
        this.connections.push(person.orgUserId, [encodeItemUpdated(text, { seq })])
      }
    }
  }

  /** Moves the copy to a later version, and tells open tabs what is different. */
  private move(before: BarState, after: Omit<BarState, "seq">, textOf: (id: number) => string): void {
    const { frames, seq } = framesBetween(before, after, textOf)
    this.store.save({ ...after, seq }, this.deps.now())
    this.connections.push(after.orgUserId, frames)
  }

  private track(change: Promise<void>): Promise<void> {
    this.incoming.add(change)
    return change.finally(() => this.incoming.delete(change))
  }
}

const toBarState = ({ orgUserId, items, total, unreadCount, version }: Bar): Omit<BarState, "seq"> => ({
  orgUserId,
  ids: items.map((item) => item.id),
  total,
  unreadCount,
  version,
})
