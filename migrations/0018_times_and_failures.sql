-- The time zone of an organisation, as an IANA name.
ALTER TABLE orgs ADD COLUMN timezone TEXT NOT NULL DEFAULT 'UTC';

-- A member's own time zone; NULL is the organisation's.
ALTER TABLE org_users ADD COLUMN timezone TEXT;

-- The times that the message names, as a JSON array of pairs [milliseconds since 1970, the words in the message], so that
-- a reader in another zone gets their own.
ALTER TABLE notifications ADD COLUMN times TEXT;

-- What the message of a failure is composed from, as JSON, so that the message can be composed again when the log is read.
ALTER TABLE summaries ADD COLUMN failure TEXT;
