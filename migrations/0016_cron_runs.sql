-- The last run of the cron, in one row, so that it is seen when the cron stands still.
CREATE TABLE cron_runs (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  ran_at INTEGER NOT NULL, -- when the run began
  failed_tasks TEXT NOT NULL -- JSON list of the tasks that failed in it
);
