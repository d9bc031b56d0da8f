-- People who asked to be erased. What is left of a large inbox is deleted by the cron. The row stays, so that an import does
-- not bring back what was erased.
CREATE TABLE erasures (
  org_user_id INTEGER PRIMARY KEY REFERENCES org_users (id),
  requested_at INTEGER NOT NULL,
  done_at INTEGER, -- NULL: something is left
  address TEXT, -- what is still to be found in other rows; NULL when done
  name TEXT,
  events_up_to INTEGER NOT NULL DEFAULT 0 -- the last signal_events.id that was read
);
CREATE INDEX erasures_open ON erasures (org_user_id) WHERE done_at IS NULL;

-- The events about a mail, which name its address: the erasure reads them.
CREATE INDEX signal_events_about_mail ON signal_events (id) WHERE source = 'mail_event';

-- What a person sent: the erasure removes their name.
CREATE INDEX notifications_by_sender ON notifications (created_by, id) WHERE created_by GLOB 'person:*';

-- A notification to one address belongs to all accounts that have it, former members too.
CREATE INDEX org_users_former_by_email ON org_users (email) WHERE removed_at IS NOT NULL;

-- The author is searched too, and the erasure changes it.
DROP TRIGGER search_changed;
CREATE TRIGGER search_changed AFTER UPDATE OF sent_at, message, author ON notifications WHEN NEW.sent_at IS NOT NULL BEGIN
  DELETE FROM notification_search WHERE rowid = OLD.id;
  INSERT OR REPLACE INTO notification_search (rowid, body)
  SELECT id, body FROM searchable_notifications WHERE id = NEW.id;
END;
