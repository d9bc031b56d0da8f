import type { Deps } from "../deps"
import { type BarStore, type BarState, NOT_LOADED } from "./bar-store"
import { framesBetween, isOnlyChange } from "./diff"
import type { BarItem } from "../domain/bar-item"
import { encodeItemUpdated } from "./protocol"
import {
  type BarUpdate,
  loadBars,
  selectBarItem,
  MAX_BARS,
  MAX_BAR_ITEMS,
  selectBarStatesAfter,
  toBarItem,
} from "../inbox/bar-queries"
import type { Connections } from "./connections"

/** A reload asks for no texts of the newest items of the copy, up to so many. */
const MAX_KNOWN = 300
/** A text that changed within this time is read again, in case its update was lost. */
const TEXTS_CHANGED_WITHIN_MS = 60 * 60_000

/**
 * Updates the saved states from the database, and sends open tabs the difference. Calls may come twice or out of order,
 * since a state only moves to a later version of its inbox.
 */
export class Projection {
  /** Updates that are running, and whose bars they concern: those of everybody if there is no list. */
  private readonly running = new Map<Promise<void>, Set<number> | undefined>()

  constructor(
    private readonly store: BarStore,
    private readonly connections: Connections,
    private readonly deps: Deps,
  ) {}

  /**
   * Loads this person's state unless it is saved. Waits for running updates of their bar, so that they see their own last
   * change, and not for those of others, who may cause many.
   */
  async ensureLoaded(orgUserId: number): Promise<void> {
    const now = this.deps.now()
    const own = [...this.running].filter(([, concerned]) => concerned?.has(orgUserId) ?? true)
    await Promise.allSettled(own.map(([update]) => update))
    if ((this.store.state(orgUserId)?.version ?? NOT_LOADED) === NOT_LOADED) {
      // Insert a placeholder first, so that changes that arrive during the read are applied. The current time is a higher
      // sequence number than any that was sent.
      this.store.save({ orgUserId, ids: [], total: 0, unreadCount: 0, version: NOT_LOADED, seq: now }, now)
      await this.changed([orgUserId])
    }
    this.store.touch(orgUserId, now)
  }

  /** A notification entered these inboxes. */
  arrived(arrival: { notificationId: number; orgUserIds: number[] }): Promise<void> {
    const states = this.store.states(arrival.orgUserIds)
    return this.track(this.applyArrival(arrival.notificationId, states), states)
  }

  /** Something changed in these inboxes. */
  changed(orgUserIds: number[]): Promise<void> {
    const states = this.store.states(orgUserIds)
    return this.track(this.reload(states), states)
  }

  /** The text of a notification changed. */
  itemUpdated(notificationId: number): Promise<void> {
    return this.track(this.reloadItem(notificationId))
  }

  /** Reloads those of these states whose inbox has another version in the database. */
  catchUp(states: BarState[], latest: { orgUserId: number; version: number }[]): Promise<void> {
    const versions = new Map(latest.map(({ orgUserId, version }) => [orgUserId, version]))
    const behind = states.filter(({ orgUserId, version }) => version !== (versions.get(orgUserId) ?? 0))
    return this.track(this.reload(behind), behind)
  }

  private async applyArrival(notificationId: number, states: BarState[]): Promise<void> {
    if (states.length === 0) return
    const { db } = this.deps
    const [latestStates, [row]] = await db.batch([
      selectBarStatesAfter(db, { orgUserIds: states.map((state) => state.orgUserId), notificationId }),
      selectBarItem(db, { id: notificationId }),
    ])
    if (!row) return
    if (row.urgent) this.upsertItems([toBarItem(row)])
    const json = row.urgent ? this.excerpt(row.id) : ""
    const behind: BarState[] = []
    for (const latest of latestStates) {
      const before = this.store.state(latest.orgUserId)
      if (!before || latest.version <= before.version) continue
      if (!isOnlyChange(before, latest, row)) {
        behind.push(before)
        continue
      }
      const ids = row.urgent ? [row.id, ...before.ids].slice(0, MAX_BAR_ITEMS) : before.ids
      const { orgUserId, unread: unreadCount, unreadUrgent: total, version } = latest
      this.move(before, { orgUserId, ids, total, unreadCount, version }, () => json)
    }
    await this.reload(behind)
  }

  /** Reads these bars from the database, at most `MAX_BARS`. The next alarm finds the rest. */
  private async reload(states: BarState[], known = this.store.newestItemIds(MAX_KNOWN)): Promise<void> {
    if (states.length === 0) return
    const orgUserIds = states.slice(0, MAX_BARS).map((state) => state.orgUserId)
    const changedSince = this.deps.now() - TEXTS_CHANGED_WITHIN_MS
    const incomplete: BarState[] = []
    for (const bar of await loadBars(this.deps.db, { orgUserIds, known, changedSince })) {
      this.upsertItems(bar.items)
      const before = this.store.state(bar.orgUserId)
      if (!before || bar.version < before.version) continue
      if (this.store.hasItems(bar.ids)) this.move(before, toBarState(bar), (id) => this.excerpt(id))
      else incomplete.push(before)
    }
    // Items that were deleted from the copy during the query.
    if (known.length > 0) await this.reload(incomplete, [])
  }

  private async reloadItem(notificationId: number): Promise<void> {
    // A running update may have read the old text, and must not save it after this one.
    await Promise.allSettled(this.running.keys())
    if (!this.store.hasItems([notificationId])) return
    const [row] = await selectBarItem(this.deps.db, { id: notificationId })
    if (row) this.upsertItems([toBarItem(row)])
  }

  /** Saves these items. If one has another text than before, sends it to everybody whose bar shows it. */
  private upsertItems(items: BarItem[]): void {
    for (const id of this.store.saveItems(items)) {
      const json = this.excerpt(id)
      for (const state of this.store.states().filter(({ ids }) => ids.includes(id))) {
        const seq = state.seq + 1
        this.store.save({ ...state, seq }, this.deps.now())
        this.connections.push(state.orgUserId, [encodeItemUpdated(json, { seq })])
      }
    }
  }

  /** Saves a later state, and sends open tabs the difference. */
  private move(before: BarState, after: Omit<BarState, "seq">, itemJson: (id: number) => string): void {
    const { frames, seq } = framesBetween(before, after, itemJson)
    this.store.save({ ...after, seq }, this.deps.now())
    this.connections.push(after.orgUserId, frames)
  }

  /** The JSON of a saved item as frames show it. */
  private excerpt = (id: number) => this.store.excerpts([id])[0] as string

  private track(update: Promise<void>, concerned?: BarState[]): Promise<void> {
    this.running.set(update, concerned && new Set(concerned.map((state) => state.orgUserId)))
    return update.finally(() => this.running.delete(update))
  }
}

const toBarState = ({ orgUserId, ids, total, unreadCount, version }: BarUpdate): Omit<BarState, "seq"> => ({
  orgUserId,
  ids,
  total,
  unreadCount,
  version,
})
