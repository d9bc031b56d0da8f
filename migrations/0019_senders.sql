-- The sender: 'person:<user_id>', 'service:<the first 12 hex digits of the key's SHA-256>' or 'system'. NULL on older rows.
ALTER TABLE notifications ADD COLUMN created_by TEXT;

-- 1: the caller has sent the e-mail itself.
ALTER TABLE notifications ADD COLUMN skip_email INTEGER NOT NULL DEFAULT 0;

-- A page of the web app that the notification leads to, as JSON {url, label}.
ALTER TABLE notifications ADD COLUMN link TEXT;
