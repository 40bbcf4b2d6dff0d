CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE identity (
  worker TEXT NOT NULL, platform TEXT NOT NULL, platform_id TEXT NOT NULL, seen INTEGER NOT NULL,
  PRIMARY KEY (platform, platform_id)
) WITHOUT ROWID;
CREATE INDEX identity_worker ON identity (worker);
