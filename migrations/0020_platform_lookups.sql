-- When the platform was last asked about a person who is unknown here, so that it is asked once in five minutes by all
-- isolates together. A row is deleted after a day.
CREATE TABLE platform_lookups (
  user_id TEXT PRIMARY KEY, -- of the access token
  asked_at INTEGER NOT NULL,
  ask_again_at INTEGER NOT NULL, -- until then the platform is not asked about this person
  outcome TEXT CHECK (outcome IN ('answered', 'failed')) -- NULL while it is being asked
) WITHOUT ROWID;

-- Counts the look-ups of the last minute, and finds old rows.
CREATE INDEX platform_lookups_by_asked_at ON platform_lookups (asked_at);
