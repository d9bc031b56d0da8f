/** Tickets that were used, kept until they would have expired. */
export class UsedTickets {
  constructor(private readonly sql: SqlStorage) {
    sql.exec("CREATE TABLE IF NOT EXISTS tickets (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL)")
  }

  /**
   * Uses a ticket. Answers `false` if it was used before or has expired. The storage is synchronous, so that only one
   * of two concurrent calls succeeds. The same clock decides on expiry and on deletion: a deleted ticket has expired.
   */
  use({ id, expiresAt }: { id: string; expiresAt: number }, now: number): boolean {
    this.deleteExpired(now)
    if (expiresAt <= now) return false
    const inserted = this.sql.exec(
      "INSERT OR IGNORE INTO tickets (id, expires_at) VALUES (?, ?) RETURNING id",
      id,
      expiresAt,
    )
    return inserted.toArray().length === 1
  }

  deleteExpired(now: number): void {
    this.sql.exec("DELETE FROM tickets WHERE expires_at <= ?", now)
  }
}
