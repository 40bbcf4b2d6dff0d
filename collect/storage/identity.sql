CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE identity (
  worker TEXT NOT NULL, platform TEXT NOT NULL, platform_id TEXT NOT NULL, seen INTEGER NOT NULL,
  PRIMARY KEY (platform, platform_id)
) WITHOUT ROWID;
CREATE INDEX identity_worker ON identity (worker);
-- How a visit began.
CREATE TABLE entry (
  visit INTEGER PRIMARY KEY, worker TEXT NOT NULL, platform TEXT NOT NULL, params TEXT NOT NULL, seen INTEGER NOT NULL
);
-- What is kept of the assignments of somebody who was erased, to pay for them.
CREATE TABLE payment (
  code TEXT PRIMARY KEY, platform TEXT NOT NULL, platform_id TEXT NOT NULL, params TEXT NOT NULL, submitted INTEGER NOT NULL,
  decision TEXT NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
