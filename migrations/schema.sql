-- The schema that all migrations leave, for reading. Generated: run `npm run schema` after a new migration.
-- This file is no migration: `migrations_pattern` in wrangler.toml matches only names that begin with a digit.

CREATE TABLE IF NOT EXISTS chat_webhooks (
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  product TEXT NOT NULL, -- discord or slack
  enabled INTEGER NOT NULL,
  webhook TEXT, -- encrypted, or in plain text as Dalgo stored it; NULL: none
  gone_at INTEGER, -- when the product answered that the webhook is gone, which disabled it
  gone_reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  refused_at INTEGER,
  refused_reason TEXT,
  PRIMARY KEY (org_id, product) -- the settings of an organisation, and the webhooks of one message's recipients
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS chat_webhooks_by_webhook ON chat_webhooks (product, webhook) WHERE webhook IS NOT NULL;

CREATE INDEX IF NOT EXISTS chat_webhooks_enabled ON chat_webhooks (org_id, product) WHERE enabled = 1;

CREATE TABLE IF NOT EXISTS cron_runs (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  ran_at INTEGER NOT NULL, -- when the run began
  failed_tasks TEXT NOT NULL -- JSON list of the tasks that failed in it
);

CREATE TABLE IF NOT EXISTS dead_letters (
  message_id TEXT PRIMARY KEY,
  queue TEXT NOT NULL,
  body TEXT NOT NULL, -- JSON: ids, or what became of a mail
  died_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS dead_letters_by_age ON dead_letters (died_at);

CREATE TABLE IF NOT EXISTS deleted_imports (
  publication_id TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS deliveries (
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
  org_id INTEGER,
  PRIMARY KEY (notification_id, channel, recipient_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS deliveries_due_by_org ON deliveries (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS deliveries_given_up
  ON deliveries (status, updated_at, notification_id, channel, recipient_id)
  WHERE status = 'failed' OR status = 'dead';

CREATE INDEX IF NOT EXISTS deliveries_given_up_by_org
  ON deliveries (org_id, status, updated_at, notification_id, channel, recipient_id)
  WHERE status = 'failed' OR status = 'dead';

CREATE TABLE IF NOT EXISTS erasures (
  org_user_id INTEGER PRIMARY KEY REFERENCES org_users (id),
  requested_at INTEGER NOT NULL,
  done_at INTEGER, -- NULL: something is left
  address TEXT, -- what is still to be found in other rows; NULL when done
  name TEXT,
  events_up_to INTEGER NOT NULL DEFAULT 0 -- the last signal_events.id that was read
);

CREATE INDEX IF NOT EXISTS erasures_open ON erasures (org_user_id) WHERE done_at IS NULL;

CREATE TABLE IF NOT EXISTS flow_runs (
  id TEXT PRIMARY KEY,
  org_id INTEGER REFERENCES orgs (id),
  name TEXT NOT NULL,
  deployment_id TEXT,
  deployment_name TEXT,
  state_type TEXT NOT NULL,
  state_name TEXT NOT NULL,
  state_at INTEGER,
  run_count INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS flow_runs_by_age ON flow_runs (updated_at);

CREATE TABLE IF NOT EXISTS inbox_counters (
  org_user_id INTEGER PRIMARY KEY,
  total INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  unread_urgent INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  kinds TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE IF NOT EXISTS notification_recipients (
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

CREATE INDEX IF NOT EXISTS notification_recipients_by_kind
  ON notification_recipients (org_user_id, urgent, is_read, category, sent_at, notification_id);

CREATE TRIGGER IF NOT EXISTS count_arrival AFTER INSERT ON notification_recipients BEGIN
  INSERT INTO inbox_counters (org_user_id, total, unread, unread_urgent, kinds)
  VALUES (
    NEW.org_user_id, 1, 1 - NEW.is_read, (1 - NEW.is_read) * NEW.urgent,
    json_object(NEW.category || ':' || NEW.urgent || ':' || NEW.is_read, 1)
  )
  ON CONFLICT (org_user_id) DO UPDATE SET
    total = total + 1,
    unread = unread + excluded.unread,
    unread_urgent = unread_urgent + excluded.unread_urgent,
    kinds = json_set(
      kinds,
      '$."' || NEW.category || ':' || NEW.urgent || ':' || NEW.is_read || '"',
      coalesce(kinds ->> ('$."' || NEW.category || ':' || NEW.urgent || ':' || NEW.is_read || '"'), 0) + 1
    ),
    version = version + 1;
END;

CREATE TRIGGER IF NOT EXISTS count_reading AFTER UPDATE OF is_read ON notification_recipients BEGIN
  UPDATE inbox_counters SET
    unread = unread + OLD.is_read - NEW.is_read,
    unread_urgent = unread_urgent + (OLD.is_read - NEW.is_read) * NEW.urgent,
    kinds = json_set(
      kinds,
      '$."' || NEW.category || ':' || NEW.urgent || ':0"',
      coalesce(kinds ->> ('$."' || NEW.category || ':' || NEW.urgent || ':0"'), 0) + OLD.is_read - NEW.is_read,
      '$."' || NEW.category || ':' || NEW.urgent || ':1"',
      coalesce(kinds ->> ('$."' || NEW.category || ':' || NEW.urgent || ':1"'), 0) - OLD.is_read + NEW.is_read
    ),
    version = version + 1
  WHERE org_user_id = NEW.org_user_id;
END;

CREATE TRIGGER IF NOT EXISTS count_removal AFTER DELETE ON notification_recipients BEGIN
  UPDATE inbox_counters SET
    total = total - 1,
    unread = unread - 1 + OLD.is_read,
    unread_urgent = unread_urgent - (1 - OLD.is_read) * OLD.urgent,
    kinds = json_set(
      kinds,
      '$."' || OLD.category || ':' || OLD.urgent || ':' || OLD.is_read || '"',
      coalesce(kinds ->> ('$."' || OLD.category || ':' || OLD.urgent || ':' || OLD.is_read || '"'), 0) - 1
    ),
    version = version + 1
  WHERE org_user_id = OLD.org_user_id;
END;

CREATE VIRTUAL TABLE IF NOT EXISTS notification_search USING fts5 (
  body,
  tokenize = 'trigram',
  detail = none,
  content = '',
  contentless_delete = 1
);

CREATE TABLE IF NOT EXISTS notifications (
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
  due_at INTEGER, -- when the cron looks again: scheduled, or the fan-out stopped halfway; NULL when done
  position INTEGER
  GENERATED ALWAYS AS ((coalesce(sent_at, created_at) << 20) | (id & 1048575)) VIRTUAL,
  attempts INTEGER NOT NULL DEFAULT 0,
  gone_up_to INTEGER NOT NULL DEFAULT 0,
  operator_note TEXT,
  times TEXT,
  created_by TEXT,
  skip_email INTEGER NOT NULL DEFAULT 0,
  link TEXT
);

CREATE UNIQUE INDEX IF NOT EXISTS notifications_by_dedupe_key ON notifications (dedupe_key) WHERE dedupe_key IS NOT NULL;

CREATE INDEX IF NOT EXISTS notifications_by_kind ON notifications (urgent, category, position);

CREATE INDEX IF NOT EXISTS notifications_by_org ON notifications (org_id, urgent, category, position);

CREATE INDEX IF NOT EXISTS notifications_by_position ON notifications (position);

CREATE UNIQUE INDEX IF NOT EXISTS notifications_by_publication ON notifications (publication_id);

CREATE INDEX IF NOT EXISTS notifications_by_sender ON notifications (created_by, id) WHERE created_by GLOB 'person:*';

CREATE INDEX IF NOT EXISTS notifications_due_by_org ON notifications (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;

CREATE TRIGGER IF NOT EXISTS refuse_spent_key BEFORE INSERT ON notifications
WHEN EXISTS (SELECT 1 FROM spent_dedupe_keys WHERE dedupe_key = NEW.dedupe_key) BEGIN
  SELECT RAISE(IGNORE);
END;

CREATE TRIGGER IF NOT EXISTS remember_dedupe_key AFTER DELETE ON notifications
WHEN OLD.sent_at IS NOT NULL AND OLD.dedupe_key IS NOT NULL AND OLD.request_hash IS NULL BEGIN
  INSERT OR IGNORE INTO spent_dedupe_keys (dedupe_key) VALUES (OLD.dedupe_key);
END;

CREATE TRIGGER IF NOT EXISTS remember_deleted_import AFTER DELETE ON notifications
WHEN OLD.sent_at IS NULL AND OLD.publication_id GLOB 'dalgo:*' BEGIN
  INSERT OR IGNORE INTO deleted_imports (publication_id) VALUES (OLD.publication_id);
END;

CREATE TRIGGER IF NOT EXISTS search_changed AFTER UPDATE OF sent_at, message, author ON notifications WHEN NEW.sent_at IS NOT NULL BEGIN
  DELETE FROM notification_search WHERE rowid = OLD.id;
  INSERT OR REPLACE INTO notification_search (rowid, body)
  SELECT id, body FROM searchable_notifications WHERE id = NEW.id;
END;

CREATE TRIGGER IF NOT EXISTS search_gone AFTER DELETE ON notifications BEGIN
  DELETE FROM notification_search WHERE rowid = OLD.id;
END;

CREATE TRIGGER IF NOT EXISTS search_new AFTER INSERT ON notifications WHEN NEW.sent_at IS NOT NULL BEGIN
  INSERT OR REPLACE INTO notification_search (rowid, body)
  SELECT id, body FROM searchable_notifications WHERE id = NEW.id;
END;

CREATE TABLE IF NOT EXISTS org_notification_policies (
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  category TEXT NOT NULL,
  channel TEXT NOT NULL,
  policy TEXT NOT NULL CHECK (policy IN ('required', 'off', 'default_off')),
  PRIMARY KEY (category, org_id, channel) -- asked for one category: of one organisation, or of all
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS org_preferences (
  id INTEGER PRIMARY KEY,
  org_id INTEGER NOT NULL UNIQUE REFERENCES orgs (id),
  llm_optin INTEGER, -- NULL: never asked
  urgent_categories TEXT, -- JSON array of the categories that the service itself marks urgent; NULL: the usual ones
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS org_users (
  id INTEGER PRIMARY KEY,
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  user_id TEXT NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL, -- guest, analyst, pipeline-manager, account-manager, super-admin
  name TEXT,
  removed_at INTEGER,
  timezone TEXT,
  UNIQUE (org_id, user_id)
);

CREATE INDEX IF NOT EXISTS org_users_by_email ON org_users (email) WHERE removed_at IS NULL;

CREATE INDEX IF NOT EXISTS org_users_by_org ON org_users (org_id, id, removed_at, role);

CREATE INDEX IF NOT EXISTS org_users_by_user ON org_users (user_id) WHERE removed_at IS NULL;

CREATE INDEX IF NOT EXISTS org_users_former_by_email ON org_users (email) WHERE removed_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS orgs (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  timezone TEXT NOT NULL DEFAULT 'UTC'
);

CREATE TABLE IF NOT EXISTS platform_lookups (
  user_id TEXT PRIMARY KEY, -- of the access token
  asked_at INTEGER NOT NULL,
  ask_again_at INTEGER NOT NULL, -- until then the platform is not asked about this person
  outcome TEXT CHECK (outcome IN ('answered', 'failed')) -- NULL while it is being asked
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS platform_lookups_by_asked_at ON platform_lookups (asked_at);

CREATE TABLE IF NOT EXISTS push_subscriptions (
  org_user_id INTEGER NOT NULL REFERENCES org_users (id),
  endpoint TEXT NOT NULL,
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  p256dh TEXT NOT NULL,
  auth TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  server_key TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_user_id, endpoint)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS push_subscriptions_by_endpoint ON push_subscriptions (endpoint);

CREATE INDEX IF NOT EXISTS push_subscriptions_by_org ON push_subscriptions (org_id, org_user_id);

CREATE TABLE IF NOT EXISTS retention (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  after_org_user_id INTEGER NOT NULL DEFAULT 0,
  after_position INTEGER NOT NULL DEFAULT -1,
  paused_until INTEGER NOT NULL DEFAULT 0 -- an import writes notifications before the inboxes that hold them
);

CREATE VIEW IF NOT EXISTS searchable_notifications AS
SELECT id, CASE audience ->> 'kind'
  WHEN 'email' THEN (
    SELECT group_concat(char(0xF1000 + (u.id >> 28), 0xF0000 + (u.id >> 14 & 16383), 0xF0000 + (u.id & 16383)), ' ')
    FROM org_users u
    WHERE u.email = n.audience ->> 'email' AND u.removed_at IS NULL
  )
  WHEN 'org_users' THEN (
    SELECT group_concat(char(0xF1000 + (value >> 28), 0xF0000 + (value >> 14 & 16383), 0xF0000 + (value & 16383)), ' ')
    FROM json_each(n.audience, '$.ids')
  )
  ELSE char(
    0xF0000 + (coalesce(org_id, 0) >> 28), 0xF0000 + (coalesce(org_id, 0) >> 14 & 16383), 0xF0000 + (coalesce(org_id, 0) & 16383)
  )
END || CASE
  WHEN author || message GLOB '*[' || char(0xF0000) || '-' || char(0x10FFFF) || ']*' THEN ''
  ELSE ' ' || author || ' ' || substr(message, 1, 4000)
END AS body
FROM notifications n
WHERE sent_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS signal_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('received', 'processed', 'ignored', 'not_understood', 'failed')),
  reason TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  received_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  due_at INTEGER, -- when the sweep queues it again; NULL when over
  dedupe_key TEXT,
  org_id INTEGER,
  waits INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX IF NOT EXISTS signal_events_about_mail ON signal_events (id) WHERE source = 'mail_event';

CREATE INDEX IF NOT EXISTS signal_events_by_age ON signal_events (updated_at) WHERE status IN ('processed', 'ignored');

CREATE UNIQUE INDEX IF NOT EXISTS signal_events_by_dedupe_key ON signal_events (dedupe_key) WHERE dedupe_key IS NOT NULL;

CREATE INDEX IF NOT EXISTS signal_events_due_by_org ON signal_events (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS spent_dedupe_keys (
  dedupe_key TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS summaries (
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
  due_at INTEGER, -- when the sweep asks again; NULL when over
  log_run_ids TEXT,
  org_id INTEGER,
  failure TEXT
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS summaries_by_notification ON summaries (notification_id);

CREATE INDEX IF NOT EXISTS summaries_due_by_org ON summaries (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS user_notification_preferences (
  org_user_id INTEGER NOT NULL REFERENCES org_users (id),
  category TEXT NOT NULL,
  channel TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  reason TEXT CHECK (reason IN ('bounced', 'complained')),
  PRIMARY KEY (org_user_id, category, channel)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS user_preferences (
  id INTEGER PRIMARY KEY,
  orguser_id INTEGER NOT NULL UNIQUE REFERENCES org_users (id),
  disclaimer_shown INTEGER NOT NULL DEFAULT 0,
  last_visited_transform_tab TEXT,
  enable_llm_requested INTEGER NOT NULL DEFAULT 0,
  trial_walkthrough TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
