import type { BarItem } from "../domain/bar-item"

/** Where one person's bar stands in the copy. `ids` are its items, newest first. */
export type BarState = {
  orgUserId: number
  ids: number[]
  total: number
  unreadCount: number
  /** Of the inbox that was copied. */
  version: number
  /** Of the last frame that was sent. */
  seq: number
}

/**
 * The object's own copy of the bars of people who looked lately: small, and never the truth. It outlives an
 * eviction, so that a connection costs no question to the database.
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

  /** Those of these people whom the copy knows; all of them if nobody is named. */
  states(orgUserIds?: number[]): BarState[] {
    const rows = orgUserIds
      ? this.sql.exec<{ standing: string }>(
          "SELECT standing FROM people WHERE org_user_id IN (SELECT value FROM json_each(?))",
          JSON.stringify(orgUserIds),
        )
      : this.sql.exec<{ standing: string }>("SELECT standing FROM people")
    return rows.toArray().map((row) => JSON.parse(row.standing) as BarState)
  }

  save(standing: BarState, now: number): void {
    this.sql.exec(
      `INSERT INTO people (org_user_id, standing, seen_at) VALUES (?, ?, ?)
       ON CONFLICT (org_user_id) DO UPDATE SET standing = excluded.standing`,
      standing.orgUserId,
      JSON.stringify(standing),
      now,
    )
  }

  /** Keeps an item, and says whether its text was another before. */
  saveItem(item: BarItem): "kept" | "rewritten" {
    const [before] = this.items([item.id])
    this.sql.exec(
      `INSERT INTO items (id, item) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET item = excluded.item
       WHERE item <> excluded.item`,
      item.id,
      JSON.stringify(item),
    )
    return before && before.message !== item.message ? "rewritten" : "kept"
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

  /** Forgets whom nobody saw since then, except these, and the items that nobody's bar shows any more. */
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
