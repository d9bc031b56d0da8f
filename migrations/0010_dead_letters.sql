-- What a queue gave up on, for those who run the service. The rows that a message named are still due, and the sweep
-- goes on with them; what Email Service told becomes a row then. This says that something failed each time.
CREATE TABLE dead_letters (
  message_id TEXT PRIMARY KEY,
  queue TEXT NOT NULL,
  body TEXT NOT NULL, -- JSON: ids, or what became of a mail
  died_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The purge of what is old.
CREATE INDEX dead_letters_by_age ON dead_letters (died_at);
