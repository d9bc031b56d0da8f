/** The tickets that were spent, for as long as they would still be good. */
export class UsedTickets {
  constructor(private readonly sql: SqlStorage) {
    sql.exec("CREATE TABLE IF NOT EXISTS tickets (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL)")
  }

  /**
   * Spends a ticket; `false` if it was spent or has expired. Nothing waits between looking and writing, so that of
   * two at once one wins. The expiry is judged by the clock that forgets, so that none comes back once forgotten.
   */
  use({ id, expiresAt }: { id: string; expiresAt: number }, now: number): boolean {
    this.sql.exec("DELETE FROM tickets WHERE expires_at <= ?", now)
    if (expiresAt <= now) return false
    const spent = this.sql.exec(
      "INSERT OR IGNORE INTO tickets (id, expires_at) VALUES (?, ?) RETURNING id",
      id,
      expiresAt,
    )
    return spent.toArray().length === 1
  }
}
