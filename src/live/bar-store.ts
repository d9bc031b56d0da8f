import type { BarItem } from "../domain/bar-item"

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

/**
 * The object's own copy of the bars that were opened lately. The database stays the truth. The copy survives an eviction,
 * so that a connection costs no database query.
 */
export class BarStore {
  constructor(private readonly sql: SqlStorage) {
    sql.exec(`
      CREATE TABLE IF NOT EXISTS people (
        org_user_id INTEGER PRIMARY KEY, standing TEXT NOT NULL, seen_at INTEGER NOT NULL
      );
      CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, item TEXT NOT NULL);
    `)
  }

  state(orgUserId: number): BarState | undefined {
    const [row] = this.sql.exec<{ standing: string }>("SELECT standing FROM people WHERE org_user_id = ?", orgUserId)
    return row && (JSON.parse(row.standing) as BarState)
  }

  /** The saved states of these people, or all if none are named. People without a saved state are left out. */
  states(orgUserIds?: number[]): BarState[] {
    const rows = orgUserIds
      ? this.sql.exec<{ standing: string }>(
          "SELECT standing FROM people WHERE org_user_id IN (SELECT value FROM json_each(?))",
          JSON.stringify(orgUserIds),
        )
      : this.sql.exec<{ standing: string }>("SELECT standing FROM people")
    return rows.toArray().map((row) => JSON.parse(row.standing) as BarState)
  }

  save(state: BarState, now: number): void {
    this.sql.exec(
      `INSERT INTO people (org_user_id, standing, seen_at) VALUES (?, ?, ?)
       ON CONFLICT (org_user_id) DO UPDATE SET standing = excluded.standing`,
      state.orgUserId,
      JSON.stringify(state),
      now,
    )
  }

  /** Saves an item. Answers `rewritten` if it was saved before with another message. */
  saveItem(item: BarItem): "saved" | "rewritten" {
    const [before] = this.items([item.id])
    this.sql.exec(
      `INSERT INTO items (id, item) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET item = excluded.item
       WHERE item <> excluded.item`,
      item.id,
      JSON.stringify(item),
    )
    return before && before.message !== item.message ? "rewritten" : "saved"
  }

  items(ids: number[]): BarItem[] {
    return this.sql
      .exec<{ item: string }>(
        "SELECT items.item FROM json_each(?) wanted JOIN items ON items.id = wanted.value ORDER BY wanted.key",
        JSON.stringify(ids),
      )
      .toArray()
      .map((row) => JSON.parse(row.item) as BarItem)
  }

  touch(orgUserId: number, now: number): void {
    this.sql.exec("UPDATE people SET seen_at = ? WHERE org_user_id = ?", now, orgUserId)
  }

  /** Deletes states that were not read since `unseenSince`, except these people's, and items that no state refers to. */
  evict({ unseenSince, except }: { unseenSince: number; except: number[] }): void {
    this.sql.exec(
      "DELETE FROM people WHERE seen_at < ? AND org_user_id NOT IN (SELECT value FROM json_each(?))",
      unseenSince,
      JSON.stringify(except),
    )
    this.sql.exec(`DELETE FROM items WHERE id NOT IN (
      SELECT shown.value FROM people, json_each(people.standing, '$.ids') shown
    )`)
  }
}
