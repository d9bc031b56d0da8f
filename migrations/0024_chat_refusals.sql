-- Since when a chat product refuses an organisation's messages for a setting that an admin can correct, and which one. The
-- webhook stays enabled, and its admins are told once for each reason. NULL again once a message is taken.
ALTER TABLE chat_webhooks ADD COLUMN refused_at INTEGER;
ALTER TABLE chat_webhooks ADD COLUMN refused_reason TEXT;
