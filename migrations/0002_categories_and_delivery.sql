-- The enhancement: categories, preferences per person and category, inboxes that cost the same at any
-- size, an outbox, and the signals that notifications are made of.
--
-- No row is lost: every notification becomes `system`, everyone is subscribed to everything, whoever had
-- e-mail off has it off still, and those to whom an unsent notification was addressed stay its audience.
-- Times become integers: milliseconds since 1970 in UTC.

-- People -------------------------------------------------------------------------------------------------

ALTER TABLE org_users ADD COLUMN name TEXT;
ALTER TABLE org_users ADD COLUMN removed_at INTEGER; -- a former member; nothing is addressed to them any more

UPDATE org_users SET email = lower(trim(email));
UPDATE org_users SET role = CASE role
  WHEN 'guest' THEN 'member'
  WHEN 'pipeline-manager' THEN 'admin'
  WHEN 'account-manager' THEN 'admin'
  ELSE role
END;

-- Who is asking: each request, unless the isolate saw them in the last 30 s.
CREATE INDEX org_users_by_user ON org_users (user_id) WHERE removed_at IS NULL;
-- The audience "everyone in this organisation", in chunks by id, answered from the index alone.
CREATE INDEX org_users_by_org ON org_users (org_id, id, removed_at, role) WHERE removed_at IS NULL;
-- The audience "one person, by e-mail".
CREATE INDEX org_users_by_email ON org_users (email) WHERE removed_at IS NULL;

-- What a person switched. No row means on; a row that is on again keeps the day it was switched back.
-- Category `all` with channel `email` is the master switch of e-mail; channel `inbox` is the subscription.
CREATE TABLE user_notification_preferences (
  org_user_id INTEGER NOT NULL REFERENCES org_users (id),
  category TEXT NOT NULL,
  channel TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (org_user_id, category, channel)
) WITHOUT ROWID;

INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at)
SELECT orguser_id, 'all', 'email', 0, CAST(round(unixepoch(updated_at, 'subsec') * 1000) AS INTEGER)
FROM user_preferences
WHERE enable_email_notifications = 0;

ALTER TABLE user_preferences DROP COLUMN enable_email_notifications;

-- What an organisation decided for its people: required, off, or default_off (a person may switch it on).
CREATE TABLE org_notification_policies (
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  category TEXT NOT NULL,
  channel TEXT NOT NULL,
  policy TEXT NOT NULL CHECK (policy IN ('required', 'off', 'default_off')),
  PRIMARY KEY (category, org_id, channel) -- asked for one category: of one organisation, or of all
) WITHOUT ROWID;

CREATE TABLE org_preferences_next (
  id INTEGER PRIMARY KEY,
  org_id INTEGER NOT NULL UNIQUE REFERENCES orgs (id),
  llm_optin INTEGER, -- NULL: never asked
  urgent_categories TEXT, -- JSON array of the categories that the service itself marks urgent; NULL: the usual ones
  enable_discord_notifications INTEGER NOT NULL DEFAULT 0,
  discord_webhook TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
INSERT INTO org_preferences_next (id, org_id, llm_optin, enable_discord_notifications, discord_webhook, created_at, updated_at)
SELECT id, org_id, llm_optin, enable_discord_notifications, discord_webhook, created_at, updated_at FROM org_preferences;
DROP TABLE org_preferences;
ALTER TABLE org_preferences_next RENAME TO org_preferences;

-- Notifications ------------------------------------------------------------------------------------------

CREATE TABLE notifications_next (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- an id is never given twice, not even after a deletion
  org_id INTEGER REFERENCES orgs (id), -- NULL: it spans organisations
  author TEXT NOT NULL,
  message TEXT NOT NULL,
  email_subject TEXT,
  category TEXT NOT NULL DEFAULT 'system' CHECK (
    category IN ('incident', 'schema_change', 'job_failure', 'late_run', 'dbt_test_failure', 'system')
  ),
  urgent INTEGER NOT NULL DEFAULT 0,
  audience TEXT, -- JSON; NULL on notifications older than this table
  created_at INTEGER NOT NULL,
  scheduled_at INTEGER,
  sent_at INTEGER,
  summarised_at INTEGER,
  publication_id TEXT NOT NULL, -- names the one attempt that wrote this row
  dedupe_key TEXT,
  request_hash TEXT, -- of the request that carried an Idempotency-Key
  email_due_at INTEGER, -- e-mail waits until then for a summary
  fan_out_after INTEGER NOT NULL DEFAULT 0, -- the last org_users.id that was decided upon
  due_at INTEGER -- when the cron looks again: scheduled, or the fan-out stopped halfway; NULL when done
);

WITH reached AS (
  SELECT r.notification_id,
    CASE WHEN count(DISTINCT u.org_id) = 1 THEN min(u.org_id) END AS org_id,
    json_object('kind', 'org_users', 'ids', json(json_group_array(DISTINCT r.recipient_id))) AS audience
  FROM notification_recipients r
  JOIN org_users u ON u.id = r.recipient_id
  GROUP BY r.notification_id
)
INSERT INTO notifications_next (
  id, org_id, author, message, email_subject, category, urgent, audience,
  created_at, scheduled_at, sent_at, publication_id, due_at
)
SELECT n.id, reached.org_id, n.author, n.message, n.email_subject, 'system', n.urgent,
  CASE WHEN n.sent_time IS NULL THEN coalesce(reached.audience, '{"kind":"org_users","ids":[]}') END,
  CAST(round(unixepoch(n.timestamp, 'subsec') * 1000) AS INTEGER),
  CAST(round(unixepoch(n.scheduled_time, 'subsec') * 1000) AS INTEGER),
  CAST(round(unixepoch(n.sent_time, 'subsec') * 1000) AS INTEGER),
  'dalgo:' || n.id,
  CASE WHEN n.sent_time IS NULL
    THEN CAST(round(unixepoch(coalesce(n.scheduled_time, n.timestamp), 'subsec') * 1000) AS INTEGER) END
FROM notifications n
LEFT JOIN reached ON reached.notification_id = n.id;

-- An inbox: the rows of one person lie side by side, unread first, in the order of a page. It has no foreign
-- keys: a person is never deleted, and looking each of 10,000 up again, or scanning every inbox when a
-- notification goes, would cost more than all the rest.
CREATE TABLE inbox_next (
  org_user_id INTEGER NOT NULL,
  is_read INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  notification_id INTEGER NOT NULL,
  category TEXT NOT NULL,
  urgent INTEGER NOT NULL,
  read_at INTEGER,
  withheld TEXT, -- JSON {channel: {reason, since}}: where this person was not told, and why
  PRIMARY KEY (org_user_id, is_read, sent_at, notification_id)
) WITHOUT ROWID;

INSERT INTO inbox_next (org_user_id, is_read, sent_at, notification_id, category, urgent)
SELECT r.recipient_id, max(r.read_status), n.sent_at, n.id, n.category, n.urgent
FROM notification_recipients r
JOIN notifications_next n ON n.id = r.notification_id
WHERE n.sent_at IS NOT NULL
GROUP BY r.recipient_id, r.notification_id; -- the old table could name a person twice

DROP TABLE notification_recipients;
DROP TABLE notifications;
ALTER TABLE notifications_next RENAME TO notifications;
ALTER TABLE inbox_next RENAME TO notification_recipients;

CREATE UNIQUE INDEX notifications_by_publication ON notifications (publication_id);
-- One event is one notification, for ever.
CREATE UNIQUE INDEX notifications_by_dedupe_key ON notifications (dedupe_key) WHERE dedupe_key IS NOT NULL;
-- The cron: what is scheduled for now, and fan-outs that stopped halfway.
CREATE INDEX notifications_by_due ON notifications (due_at) WHERE due_at IS NOT NULL;
-- The urgent bar of one person, and pages filtered by category and urgency: a merge of sorted runs.
CREATE INDEX notification_recipients_by_kind
  ON notification_recipients (org_user_id, urgent, is_read, category, sent_at, notification_id);

-- What every page and badge shows, kept by triggers so that no path can forget it. `version` grows with
-- each change: a copy that is one behind knows what it missed.
CREATE TABLE inbox_counters (
  org_user_id INTEGER PRIMARY KEY,
  total INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  unread_urgent INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1
);

INSERT INTO inbox_counters (org_user_id, total, unread, unread_urgent)
SELECT org_user_id, count(*), sum(is_read = 0), sum(is_read = 0 AND urgent) FROM notification_recipients GROUP BY org_user_id;

CREATE TRIGGER count_arrival AFTER INSERT ON notification_recipients BEGIN
  INSERT INTO inbox_counters (org_user_id, total, unread, unread_urgent)
  VALUES (NEW.org_user_id, 1, 1 - NEW.is_read, (1 - NEW.is_read) * NEW.urgent)
  ON CONFLICT (org_user_id) DO UPDATE SET
    total = total + 1,
    unread = unread + excluded.unread,
    unread_urgent = unread_urgent + excluded.unread_urgent,
    version = version + 1;
END;

CREATE TRIGGER count_reading AFTER UPDATE OF is_read ON notification_recipients BEGIN
  UPDATE inbox_counters SET
    unread = unread + OLD.is_read - NEW.is_read,
    unread_urgent = unread_urgent + (OLD.is_read - NEW.is_read) * NEW.urgent,
    version = version + 1
  WHERE org_user_id = NEW.org_user_id;
END;

CREATE TRIGGER count_removal AFTER DELETE ON notification_recipients BEGIN
  UPDATE inbox_counters SET
    total = total - 1,
    unread = unread - 1 + OLD.is_read,
    unread_urgent = unread_urgent - (1 - OLD.is_read) * OLD.urgent,
    version = version + 1
  WHERE org_user_id = OLD.org_user_id;
END;

-- Delivery -----------------------------------------------------------------------------------------------

-- A row per (notification, channel, recipient). `recipient_id` is an org_users.id for personal channels.
CREATE TABLE deliveries (
  notification_id INTEGER NOT NULL,
  channel TEXT NOT NULL,
  recipient_id INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'suppressed', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  reason TEXT, -- why suppressed, or the last error
  since INTEGER, -- since when that reason holds
  provider_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  due_at INTEGER, -- pending: the next try; sending: the end of the lease; NULL when over
  PRIMARY KEY (notification_id, channel, recipient_id)
) WITHOUT ROWID;

-- The sweep: what is due and was not hinted, or whose sender died.
CREATE INDEX deliveries_by_due ON deliveries (due_at) WHERE due_at IS NOT NULL;

-- Signals ------------------------------------------------------------------------------------------------

-- What came in, word for word, before anybody understood it.
CREATE TABLE signal_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('received', 'processed', 'ignored', 'not_understood', 'failed')),
  reason TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  received_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  due_at INTEGER -- when the sweep queues it again; NULL when over
);

CREATE INDEX signal_events_by_due ON signal_events (due_at) WHERE due_at IS NOT NULL;

-- Runs as last seen, by Prefect's id.
CREATE TABLE flow_runs (
  id TEXT PRIMARY KEY,
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  name TEXT NOT NULL,
  deployment_id TEXT,
  deployment_name TEXT,
  state_type TEXT NOT NULL,
  state_name TEXT NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- One summary per run.
CREATE TABLE summaries (
  flow_run_id TEXT PRIMARY KEY,
  notification_id INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
  source TEXT CHECK (source IN ('ai', 'extract')),
  model TEXT,
  text TEXT,
  reason TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  due_at INTEGER -- when the sweep asks again; NULL when over
) WITHOUT ROWID;

CREATE INDEX summaries_by_due ON summaries (due_at) WHERE due_at IS NOT NULL;
