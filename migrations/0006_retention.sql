-- Retention: what is old and read goes, a little each minute, and what somebody has not read stays.

-- Where the purge goes on, in its one row. It walks in two rounds without end: by person over what they have read, and
-- by age over the notifications.
CREATE TABLE retention (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  after_org_user_id INTEGER NOT NULL DEFAULT 0,
  after_position INTEGER NOT NULL DEFAULT -1,
  paused_until INTEGER NOT NULL DEFAULT 0 -- an import writes notifications before the inboxes that hold them
);
INSERT INTO retention (id) VALUES (1);

-- Nobody up to this org_users.id has it in their inbox any more. Rows leave an inbox and do not come back, so this only
-- grows, and whether anybody has it is never asked of the same people again.
ALTER TABLE notifications ADD COLUMN gone_up_to INTEGER NOT NULL DEFAULT 0;

-- One event is one notification for ever, also when that is gone. Keys that were promised for a day come with a hash.
CREATE TABLE spent_dedupe_keys (
  dedupe_key TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TRIGGER remember_dedupe_key AFTER DELETE ON notifications
WHEN OLD.sent_at IS NOT NULL AND OLD.dedupe_key IS NOT NULL AND OLD.request_hash IS NULL BEGIN
  INSERT OR IGNORE INTO spent_dedupe_keys (dedupe_key) VALUES (OLD.dedupe_key);
END;

-- As with a key that is there: nothing is written, and nothing fails.
CREATE TRIGGER refuse_spent_key BEFORE INSERT ON notifications
WHEN EXISTS (SELECT 1 FROM spent_dedupe_keys WHERE dedupe_key = NEW.dedupe_key) BEGIN
  SELECT RAISE(IGNORE);
END;

-- The purge: what goes with a notification, and what is over, the oldest first. None of them has a row per recipient.
CREATE INDEX summaries_by_notification ON summaries (notification_id);
CREATE INDEX flow_runs_by_age ON flow_runs (updated_at);
CREATE INDEX signal_events_by_age ON signal_events (updated_at) WHERE status IN ('processed', 'ignored');
