-- Rooms that have gone, webhooks as secrets, and what those who run the platform are told.

-- When a room did not know its webhook any more, and why: then it was switched off.
ALTER TABLE org_preferences ADD COLUMN discord_gone_at INTEGER;
ALTER TABLE org_preferences ADD COLUMN discord_gone_reason TEXT;
ALTER TABLE org_preferences ADD COLUMN slack_gone_at INTEGER;
ALTER TABLE org_preferences ADD COLUMN slack_gone_reason TEXT;

-- What is to be sealed anew: plain webhooks lie together, and so do those that one key has sealed.
CREATE INDEX org_preferences_by_discord_webhook ON org_preferences (discord_webhook) WHERE discord_webhook IS NOT NULL;
CREATE INDEX org_preferences_by_slack_webhook ON org_preferences (slack_webhook) WHERE slack_webhook IS NOT NULL;

-- What is said to those who run the platform, beside what is said to people.
ALTER TABLE notifications ADD COLUMN operator_note TEXT;
