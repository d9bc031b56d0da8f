-- What was given up on: an organisation's admins see it, and send it again.

-- Whose it is, as its notification says; NULL: it spans organisations. In the row that is written anyway.
ALTER TABLE deliveries ADD COLUMN org_id INTEGER;

UPDATE deliveries SET org_id = (SELECT n.org_id FROM notifications n WHERE n.id = deliveries.notification_id);

-- What is sent, or will be, is in neither index. Each status is a sorted run, newest last; written as OR, for that is
-- how SQLite sees that one of the two is enough.

-- What of one organisation's was given up on, a page at a time.
CREATE INDEX deliveries_given_up_by_org
  ON deliveries (org_id, status, updated_at, notification_id, channel, recipient_id)
  WHERE status = 'failed' OR status = 'dead';
-- The same of all.
CREATE INDEX deliveries_given_up
  ON deliveries (status, updated_at, notification_id, channel, recipient_id)
  WHERE status = 'failed' OR status = 'dead';
