import type { BarItem } from "../domain/bar-item"
import { encodeSnapshot } from "./protocol"
import { excerpt } from "./excerpt"

/** The saved state of one person's bar. `ids` are its items, newest first. */
export type BarState = {
  orgUserId: number
  ids: number[]
  total: number
  unreadCount: number
  /** The version of the inbox that this state was read from. */
  version: number
  /** The sequence number of the last frame that was sent. */
  seq: number
}

/** The version of a state that was not read from the database yet. Every inbox has a higher one. */
export const NOT_LOADED = -1

/** An inactive bar is deleted after minutes, so that this precision is enough, and most reads write nothing. */
const TOUCH_EVERY_MS = 60_000
/** At up to 50 kB each. */
const MAX_SNAPSHOTS = 100

type SavedPerson = { state: BarState; seenAt: number }

/**
 * The object's own copy of the bars that were opened lately. The database stays the truth. The copy survives an eviction,
 * so that a connection costs no database query. The states stand in memory too. An item is stored with the JSON of its
 * excerpt, which frames carry as it is.
 */
export class BarStore {
  private people: Map<number, SavedPerson> | undefined
  /** The latest snapshot frames, the least recently used one first. */
  private readonly snapshots = new Map<number, string>()

  constructor(private readonly sql: SqlStorage) {
    discardItemsWithoutExcerpt(sql)
    sql.exec(`
      CREATE TABLE IF NOT EXISTS people (
        org_user_id INTEGER PRIMARY KEY, standing TEXT NOT NULL, seen_at INTEGER NOT NULL
      );
      CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, item TEXT NOT NULL, excerpt TEXT NOT NULL);
    `)
  }

  state(orgUserId: number): BarState | undefined {
    return this.savedPeople().get(orgUserId)?.state
  }

  /** The saved states of these people, or all if none are named. People without a saved state are left out. */
  states(orgUserIds?: number[]): BarState[] {
    const people = this.savedPeople()
    const named = orgUserIds ? orgUserIds.flatMap((id) => people.get(id) ?? []) : [...people.values()]
    return named.map(({ state }) => state)
  }

  save(state: BarState, now: number): void {
    const people = this.savedPeople()
    const seenAt = people.get(state.orgUserId)?.seenAt ?? now
    this.sql.exec(
      `INSERT INTO people (org_user_id, standing, seen_at) VALUES (?, ?, ?)
       ON CONFLICT (org_user_id) DO UPDATE SET standing = excluded.standing`,
      state.orgUserId,
      JSON.stringify(state),
      seenAt,
    )
    people.set(state.orgUserId, { state, seenAt })
    this.snapshots.delete(state.orgUserId)
  }

  /** Saves those of these items that are new or changed. Returns the ids of those that changed. */
  saveItems(items: BarItem[]): number[] {
    const saved = new Map(
      this.select<{ id: number; item: string }>("items.id, items.item", ids(items)).map((r) => [r.id, r.item]),
    )
    const changed: number[] = []
    for (const item of items) {
      const before = saved.get(item.id)
      const text = JSON.stringify(item)
      if (before === text) continue
      this.sql.exec(
        `INSERT INTO items (id, item, excerpt) VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET item = excluded.item, excerpt = excluded.excerpt`,
        item.id,
        text,
        JSON.stringify(excerpt(item)),
      )
      if (before !== undefined) changed.push(item.id)
    }
    return changed
  }

  items(itemIds: number[]): BarItem[] {
    return this.select<{ item: string }>("items.item", itemIds).map((row) => JSON.parse(row.item) as BarItem)
  }

  hasItems(itemIds: number[]): boolean {
    return this.select("items.id", itemIds).length === itemIds.length
  }

  newestItemIds(limit: number): number[] {
    return this.sql
      .exec<{ id: number }>("SELECT id FROM items ORDER BY id DESC LIMIT ?", limit)
      .toArray()
      .map((row) => row.id)
  }

  /** The JSON of these items as frames show them. */
  excerpts(itemIds: number[]): string[] {
    return this.select<{ excerpt: string }>("items.excerpt", itemIds).map((row) => row.excerpt)
  }

  /** The snapshot frame of a saved state. The text is kept until the state is saved again. */
  snapshot(state: BarState): string {
    const { orgUserId, ids: shown, seq, unreadCount } = state
    const text = this.snapshots.get(orgUserId) ?? encodeSnapshot(this.excerpts(shown), { seq, unreadCount })
    this.snapshots.delete(orgUserId)
    this.snapshots.set(orgUserId, text)
    for (const [oldest] of this.snapshots) {
      if (this.snapshots.size <= MAX_SNAPSHOTS) break
      this.snapshots.delete(oldest)
    }
    return text
  }

  /** Writes at most once a minute when this person's bar was last read. */
  touch(orgUserId: number, now: number): void {
    const person = this.savedPeople().get(orgUserId)
    if (!person || now - person.seenAt < TOUCH_EVERY_MS) return
    person.seenAt = now
    this.sql.exec("UPDATE people SET seen_at = ? WHERE org_user_id = ?", now, orgUserId)
  }

  /** Deletes states that were not read since `unseenSince`, except these people's, and items that no state refers to. */
  evict({ unseenSince, except }: { unseenSince: number; except: number[] }): void {
    const people = this.savedPeople()
    const kept = new Set(except)
    for (const [orgUserId, { seenAt }] of people) {
      if (seenAt >= unseenSince || kept.has(orgUserId)) continue
      this.sql.exec("DELETE FROM people WHERE org_user_id = ?", orgUserId)
      people.delete(orgUserId)
      this.snapshots.delete(orgUserId)
    }
    const shown = new Set(this.states().flatMap((state) => state.ids))
    this.sql.exec("DELETE FROM items WHERE id NOT IN (SELECT value FROM json_each(?))", JSON.stringify([...shown]))
  }

  /** Reads all states when the first one is needed after the object woke up. */
  private savedPeople(): Map<number, SavedPerson> {
    this.people ??= new Map(
      this.sql
        .exec<{ id: number; standing: string; seenAt: number }>(
          "SELECT org_user_id AS id, standing, seen_at AS seenAt FROM people",
        )
        .toArray()
        .map(({ id, standing, seenAt }) => [id, { state: JSON.parse(standing) as BarState, seenAt }]),
    )
    return this.people
  }

  /** Columns of these items, in the order of the ids. */
  private select<Row extends Record<string, SqlStorageValue>>(columns: string, itemIds: number[]): Row[] {
    return this.sql
      .exec<Row>(
        `SELECT ${columns} FROM json_each(?) wanted JOIN items ON items.id = wanted.value ORDER BY wanted.key`,
        JSON.stringify(itemIds),
      )
      .toArray()
  }
}

const ids = (items: BarItem[]) => items.map((item) => item.id)

/** Objects of an earlier version stored items without excerpts. Their bars are read from the database again. */
function discardItemsWithoutExcerpt(sql: SqlStorage): void {
  const [older] = sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'items' AND sql NOT LIKE '%excerpt%'")
  if (!older) return
  sql.exec("DROP TABLE items")
  sql.exec("UPDATE people SET standing = json_set(standing, '$.version', ?, '$.ids', json('[]'))", NOT_LOADED)
}
