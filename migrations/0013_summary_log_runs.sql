-- Flow runs whose log the summary reads, as a JSON array of ids; NULL where the run's graph is still to be fetched.
ALTER TABLE summaries ADD COLUMN log_run_ids TEXT;
