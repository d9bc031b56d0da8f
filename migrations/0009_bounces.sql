-- E-mail that a mailbox refused, or that somebody called spam, is switched off for its reader.

-- Why this is off though its reader did not switch it: 'bounced' or 'complained'.
ALTER TABLE user_notification_preferences ADD COLUMN reason TEXT CHECK (reason IN ('bounced', 'complained'));

-- What its sender calls an event, where it may send the same again; NULL where repeats are told by what they mean.
ALTER TABLE signal_events ADD COLUMN dedupe_key TEXT;
-- Keeping what comes in: whether it is here already.
CREATE UNIQUE INDEX signal_events_by_dedupe_key ON signal_events (dedupe_key) WHERE dedupe_key IS NOT NULL;
