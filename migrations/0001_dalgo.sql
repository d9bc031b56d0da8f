-- Dalgo's shape before this service: the tables of its Django backend that notifications live in.
-- Times are ISO 8601 text in UTC, as Django writes them; booleans are 0 or 1.

CREATE TABLE orgs (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL
);

CREATE TABLE org_users (
  id INTEGER PRIMARY KEY,
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  user_id TEXT NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL, -- guest, analyst, pipeline-manager, account-manager, super-admin
  UNIQUE (org_id, user_id)
);

CREATE TABLE notifications (
  id INTEGER PRIMARY KEY,
  author TEXT NOT NULL,
  message TEXT NOT NULL,
  email_subject TEXT,
  timestamp TEXT NOT NULL,
  urgent INTEGER NOT NULL DEFAULT 0,
  scheduled_time TEXT,
  sent_time TEXT
);

CREATE TABLE notification_recipients (
  id INTEGER PRIMARY KEY,
  notification_id INTEGER NOT NULL REFERENCES notifications (id),
  recipient_id INTEGER NOT NULL REFERENCES org_users (id),
  read_status INTEGER NOT NULL DEFAULT 0,
  task_id TEXT
);

CREATE TABLE user_preferences (
  id INTEGER PRIMARY KEY,
  orguser_id INTEGER NOT NULL UNIQUE REFERENCES org_users (id),
  enable_email_notifications INTEGER NOT NULL DEFAULT 0,
  disclaimer_shown INTEGER NOT NULL DEFAULT 0,
  last_visited_transform_tab TEXT,
  enable_llm_requested INTEGER NOT NULL DEFAULT 0,
  trial_walkthrough TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);

CREATE TABLE org_preferences (
  id INTEGER PRIMARY KEY,
  org_id INTEGER NOT NULL UNIQUE REFERENCES orgs (id),
  llm_optin INTEGER NOT NULL DEFAULT 0,
  enable_discord_notifications INTEGER NOT NULL DEFAULT 0,
  discord_webhook TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
