-- Finding: exact totals for every filter, text search, and what an organisation was ever told.

-- Where a notification stands among all, newest last: its time and, within a millisecond, its id. It is the order
-- of a page and the row id of the text index, so that a search comes out sorted. Two ids that are 1,048,576 apart
-- and of the same millisecond would share it: then the search finds one of them.
ALTER TABLE notifications ADD COLUMN position INTEGER
  GENERATED ALWAYS AS ((coalesce(sent_at, created_at) << 20) | (id & 1048575)) VIRTUAL;

-- The history of one organisation, and of all: a merge of sorted runs, one per urgency and category.
CREATE INDEX notifications_by_org ON notifications (org_id, urgent, category, position);
CREATE INDEX notifications_by_kind ON notifications (urgent, category, position);
-- What a text search found.
CREATE INDEX notifications_by_position ON notifications (position);

-- Three characters and more, anywhere in a word, of any script; of what was sent, and not of what is still to be.
-- `scope` says whose search may look at it: `<7>` an organisation, `<0>` everybody, `<u5>` one person, so that nobody
-- can tell from the length of a search what others were told.
CREATE VIRTUAL TABLE notification_search USING fts5 (
  scope, author, message, tokenize = 'trigram', content = '', contentless_delete = 1
);

CREATE VIEW searchable_notifications AS
SELECT id, position, author, message, CASE audience ->> 'kind'
  WHEN 'email' THEN (
    SELECT group_concat('<u' || u.id || '>', '') FROM org_users u
    WHERE u.email = n.audience ->> 'email' AND u.removed_at IS NULL
  )
  WHEN 'org_users' THEN (SELECT group_concat('<u' || value || '>', '') FROM json_each(n.audience, '$.ids'))
  ELSE '<' || coalesce(org_id, 0) || '>'
END AS scope
FROM notifications n
WHERE sent_at IS NOT NULL;

INSERT OR REPLACE INTO notification_search (rowid, scope, author, message)
SELECT position, scope, author, message FROM searchable_notifications;

CREATE TRIGGER search_new AFTER INSERT ON notifications WHEN NEW.sent_at IS NOT NULL BEGIN
  INSERT OR REPLACE INTO notification_search (rowid, scope, author, message)
  SELECT position, scope, author, message FROM searchable_notifications WHERE id = NEW.id;
END;

CREATE TRIGGER search_changed AFTER UPDATE OF sent_at, message ON notifications WHEN NEW.sent_at IS NOT NULL BEGIN
  DELETE FROM notification_search WHERE rowid = OLD.position;
  INSERT OR REPLACE INTO notification_search (rowid, scope, author, message)
  SELECT position, scope, author, message FROM searchable_notifications WHERE id = NEW.id;
END;

CREATE TRIGGER search_gone AFTER DELETE ON notifications BEGIN
  DELETE FROM notification_search WHERE rowid = OLD.position;
END;

-- How often the cron has failed at a notification in vain.
ALTER TABLE notifications ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

-- Members past and present, by id: an audience in chunks, from the index alone, and who was told of something.
DROP INDEX org_users_by_org;
CREATE INDEX org_users_by_org ON org_users (org_id, id, removed_at, role);

-- How many an inbox has of each kind: JSON {"<category>:<urgent>:<is_read>": number}. In the row that is written
-- anyway, so that the total of a filtered page costs nothing.
ALTER TABLE inbox_counters ADD COLUMN kinds TEXT NOT NULL DEFAULT '{}';

UPDATE inbox_counters SET kinds = (
  SELECT json_group_object(kind, number) FROM (
    SELECT category || ':' || urgent || ':' || is_read AS kind, count(*) AS number
    FROM notification_recipients r
    WHERE r.org_user_id = inbox_counters.org_user_id
    GROUP BY category, urgent, is_read
  )
);

DROP TRIGGER count_arrival;
DROP TRIGGER count_reading;
DROP TRIGGER count_removal;

CREATE TRIGGER count_arrival AFTER INSERT ON notification_recipients BEGIN
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

CREATE TRIGGER count_reading AFTER UPDATE OF is_read ON notification_recipients BEGIN
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

CREATE TRIGGER count_removal AFTER DELETE ON notification_recipients BEGIN
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
