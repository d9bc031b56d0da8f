-- Search: a smaller text index, and work that is bounded.

DROP TRIGGER search_new;
DROP TRIGGER search_changed;
DROP TRIGGER search_gone;
DROP VIEW searchable_notifications;
DROP TABLE notification_search;

-- Says which notifications have given trigrams at all, in any order (`detail = none`). The row id is the notification's id:
-- ids are dense, so an entry takes one or two bytes.
CREATE VIRTUAL TABLE notification_search USING fts5 (
  body, tokenize = 'trigram', detail = none, content = '', contentless_delete = 1
);

-- `body` begins with the scopes: who may find it. A scope is one trigram of private characters. The first character has
-- the kind, 0 for an organisation (id 0: everybody) and 1 for a person, and the upper bits of the id; the others have 14 bits each.
-- Only the first 4,000 characters of a message are searched. A message that has private characters itself is not text.
CREATE VIEW searchable_notifications AS
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

-- The notifications that exist, by twentieths of their ids, since a statement in D1 may take 30 seconds.
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id <= (SELECT max(id) FROM notifications) * 1 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 1 / 20 AND id <= (SELECT max(id) FROM notifications) * 2 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 2 / 20 AND id <= (SELECT max(id) FROM notifications) * 3 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 3 / 20 AND id <= (SELECT max(id) FROM notifications) * 4 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 4 / 20 AND id <= (SELECT max(id) FROM notifications) * 5 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 5 / 20 AND id <= (SELECT max(id) FROM notifications) * 6 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 6 / 20 AND id <= (SELECT max(id) FROM notifications) * 7 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 7 / 20 AND id <= (SELECT max(id) FROM notifications) * 8 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 8 / 20 AND id <= (SELECT max(id) FROM notifications) * 9 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 9 / 20 AND id <= (SELECT max(id) FROM notifications) * 10 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 10 / 20 AND id <= (SELECT max(id) FROM notifications) * 11 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 11 / 20 AND id <= (SELECT max(id) FROM notifications) * 12 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 12 / 20 AND id <= (SELECT max(id) FROM notifications) * 13 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 13 / 20 AND id <= (SELECT max(id) FROM notifications) * 14 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 14 / 20 AND id <= (SELECT max(id) FROM notifications) * 15 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 15 / 20 AND id <= (SELECT max(id) FROM notifications) * 16 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 16 / 20 AND id <= (SELECT max(id) FROM notifications) * 17 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 17 / 20 AND id <= (SELECT max(id) FROM notifications) * 18 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 18 / 20 AND id <= (SELECT max(id) FROM notifications) * 19 / 20;
INSERT INTO notification_search (rowid, body) SELECT id, body FROM searchable_notifications
WHERE id > (SELECT max(id) FROM notifications) * 19 / 20 AND id <= (SELECT max(id) FROM notifications) * 20 / 20;

CREATE TRIGGER search_new AFTER INSERT ON notifications WHEN NEW.sent_at IS NOT NULL BEGIN
  INSERT OR REPLACE INTO notification_search (rowid, body)
  SELECT id, body FROM searchable_notifications WHERE id = NEW.id;
END;

CREATE TRIGGER search_changed AFTER UPDATE OF sent_at, message ON notifications WHEN NEW.sent_at IS NOT NULL BEGIN
  DELETE FROM notification_search WHERE rowid = OLD.id;
  INSERT OR REPLACE INTO notification_search (rowid, body)
  SELECT id, body FROM searchable_notifications WHERE id = NEW.id;
END;

CREATE TRIGGER search_gone AFTER DELETE ON notifications BEGIN
  DELETE FROM notification_search WHERE rowid = OLD.id;
END;
