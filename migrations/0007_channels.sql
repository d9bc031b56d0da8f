-- More ways to be told: rooms of Discord and Slack, and the devices of a person.

ALTER TABLE org_preferences ADD COLUMN enable_slack_notifications INTEGER NOT NULL DEFAULT 0;
ALTER TABLE org_preferences ADD COLUMN slack_webhook TEXT;

-- What has to be said in rooms too: of one organisation, or of all that have one.
CREATE INDEX org_preferences_with_rooms
  ON org_preferences (org_id, enable_discord_notifications, enable_slack_notifications)
  WHERE enable_discord_notifications = 1 OR enable_slack_notifications = 1;

-- A device of a person's, as its browser's push service knows it. Whoever knows an endpoint can push to it.
CREATE TABLE push_subscriptions (
  org_user_id INTEGER NOT NULL REFERENCES org_users (id),
  endpoint TEXT NOT NULL,
  org_id INTEGER NOT NULL REFERENCES orgs (id),
  p256dh TEXT NOT NULL,
  auth TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_user_id, endpoint)
) WITHOUT ROWID;

-- A browser that somebody else uses now.
CREATE INDEX push_subscriptions_by_endpoint ON push_subscriptions (endpoint);
-- Who in an organisation has a device.
CREATE INDEX push_subscriptions_by_org ON push_subscriptions (org_id, org_user_id);
