-- Importing again brings nothing back that was deleted here.

-- What came from Dalgo's database unsent, and was deleted before it was sent. Read by scripts/import only.
CREATE TABLE deleted_imports (
  publication_id TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TRIGGER remember_deleted_import AFTER DELETE ON notifications
WHEN OLD.sent_at IS NULL AND OLD.publication_id GLOB 'dalgo:*' BEGIN
  INSERT OR IGNORE INTO deleted_imports (publication_id) VALUES (OLD.publication_id);
END;
