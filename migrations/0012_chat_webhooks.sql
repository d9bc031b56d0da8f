-- Chat webhooks as rows, one for each organisation and product: another product needs no columns of its own.
--
-- Between this migration and the deploy, the old worker's queries on the dropped columns fail: it stores and retries
-- events, and answers 500 to requests that create notifications. Deploy at once. Columns that the old worker still wrote
-- and the new one did not read would lose changes in silence.

CREATE TABLE chat_webhooks (
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  product TEXT NOT NULL, -- discord or slack
  enabled INTEGER NOT NULL,
  webhook TEXT, -- encrypted, or in plain text as Dalgo stored it; NULL: none
  gone_at INTEGER, -- when the product answered that the webhook is gone, which disabled it
  gone_reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, product) -- the settings of an organisation, and the webhooks of one message's recipients
) WITHOUT ROWID;

-- A disabled Discord without a webhook moves too: the import from Django skips existing rows, so that it does not
-- restore a webhook that an admin removed here.
INSERT INTO chat_webhooks (org_id, product, enabled, webhook, gone_at, gone_reason, created_at, updated_at)
SELECT org_id, 'discord', enable_discord_notifications, nullif(discord_webhook, ''), discord_gone_at,
  discord_gone_reason,
  coalesce(CAST(round(unixepoch(created_at, 'subsec') * 1000) AS INTEGER), 0),
  coalesce(CAST(round(unixepoch(updated_at, 'subsec') * 1000) AS INTEGER), 0)
FROM org_preferences;

INSERT INTO chat_webhooks (org_id, product, enabled, webhook, gone_at, gone_reason, created_at, updated_at)
SELECT org_id, 'slack', enable_slack_notifications, nullif(slack_webhook, ''), slack_gone_at, slack_gone_reason,
  coalesce(CAST(round(unixepoch(created_at, 'subsec') * 1000) AS INTEGER), 0),
  coalesce(CAST(round(unixepoch(updated_at, 'subsec') * 1000) AS INTEGER), 0)
FROM org_preferences
WHERE enable_slack_notifications = 1 OR slack_webhook <> '' OR slack_gone_at IS NOT NULL;

DROP INDEX org_preferences_with_rooms;
DROP INDEX org_preferences_by_discord_webhook;
DROP INDEX org_preferences_by_slack_webhook;
ALTER TABLE org_preferences DROP COLUMN enable_discord_notifications;
ALTER TABLE org_preferences DROP COLUMN discord_webhook;
ALTER TABLE org_preferences DROP COLUMN discord_gone_at;
ALTER TABLE org_preferences DROP COLUMN discord_gone_reason;
ALTER TABLE org_preferences DROP COLUMN enable_slack_notifications;
ALTER TABLE org_preferences DROP COLUMN slack_webhook;
ALTER TABLE org_preferences DROP COLUMN slack_gone_at;
ALTER TABLE org_preferences DROP COLUMN slack_gone_reason;

-- The enabled webhooks of all organisations, for an announcement to everyone.
CREATE INDEX chat_webhooks_enabled ON chat_webhooks (org_id, product) WHERE enabled = 1;
-- Webhooks to encrypt again: plain ones are neighbours, and so are those that one key encrypted.
CREATE INDEX chat_webhooks_by_webhook ON chat_webhooks (product, webhook) WHERE webhook IS NOT NULL;

-- An event about a gone webhook names the product as the table does.
UPDATE signal_events SET body = json_object('orgId', body ->> 'orgId', 'product', body ->> 'room')
WHERE source = 'room_gone';
