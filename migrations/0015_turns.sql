-- The cron takes organisations in turn: it looks up each organisation's rows that are due. 0 stands for rows without an
-- organisation. An index by due_at alone would list one organisation's backlog before everybody else's rows.
-- notifications: also counts what an organisation has scheduled.
CREATE INDEX notifications_due_by_org ON notifications (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;
DROP INDEX notifications_by_due;

CREATE INDEX deliveries_due_by_org ON deliveries (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;
DROP INDEX deliveries_by_due;

ALTER TABLE signal_events ADD COLUMN org_id INTEGER; -- in whose share of the queue it goes; NULL: not known, or nobody's
CREATE INDEX signal_events_due_by_org ON signal_events (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;
DROP INDEX signal_events_by_due;

ALTER TABLE summaries ADD COLUMN org_id INTEGER; -- of its notification
UPDATE summaries SET org_id = (SELECT org_id FROM notifications n WHERE n.id = notification_id) WHERE due_at IS NOT NULL;
CREATE INDEX summaries_due_by_org ON summaries (coalesce(org_id, 0), due_at) WHERE due_at IS NOT NULL;
DROP INDEX summaries_by_due;
