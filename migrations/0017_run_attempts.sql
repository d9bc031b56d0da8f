-- A run may be known before its organisation is: `org_id` may be NULL. `run_count` is Prefect's number of the attempt, and
-- `state_at` the time of the state, by which an event that arrives late is told from a newer one.
CREATE TABLE new_flow_runs (
  id TEXT PRIMARY KEY,
  org_id INTEGER REFERENCES orgs (id),
  name TEXT NOT NULL,
  deployment_id TEXT,
  deployment_name TEXT,
  state_type TEXT NOT NULL,
  state_name TEXT NOT NULL,
  state_at INTEGER,
  run_count INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO new_flow_runs
  (id, org_id, name, deployment_id, deployment_name, state_type, state_name, state_at, started_at, ended_at, updated_at)
SELECT id, org_id, name, deployment_id, deployment_name, state_type, state_name, ended_at, started_at, ended_at, updated_at
FROM flow_runs;

DROP TABLE flow_runs;

ALTER TABLE new_flow_runs RENAME TO flow_runs;

CREATE INDEX flow_runs_by_age ON flow_runs (updated_at);

-- Attempts that ended in a wait that was no failure, such as for a retry of Prefect's.
ALTER TABLE signal_events ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
