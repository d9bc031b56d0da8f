-- Every 1,000th notification of an organisation: a search request covers the newest 50 of these spans, and its cursor
-- continues with older ones.
CREATE INDEX notifications_by_org_every_1000th ON notifications (org_id, position) WHERE id % 1000 = 0;
