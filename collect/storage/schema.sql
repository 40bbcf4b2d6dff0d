-- The tables of a study, as SQLite reads them; other engines get them with other words for the types.
-- Times are ms since 1970 UTC by the clock of the server, unless a comment says otherwise.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('study', '{study}'); -- an id that no other study has; format, ping and others are added

-- The plan: copied from images.jsonl and plan.jsonl when the study is served.
CREATE TABLE image (
  id TEXT PRIMARY KEY, class TEXT NOT NULL, path TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  sha256 TEXT NOT NULL, known BOOLEAN, gold BOOLEAN NOT NULL
) WITHOUT ROWID;
CREATE TABLE hit (
  id TEXT PRIMARY KEY, place INTEGER NOT NULL, task TEXT NOT NULL, k INTEGER NOT NULL, priority INTEGER NOT NULL,
  pages INTEGER NOT NULL,
  taken INTEGER NOT NULL DEFAULT 0 -- assignments that are live or submitted, without surplus and rejected ones. If only the
    -- rest of a HIT is issued again (meta has the key rest): how often the page is taken that is taken least often
) WITHOUT ROWID;
CREATE INDEX hit_order ON hit (priority DESC, taken, place);
CREATE TABLE hit_page (
  hit TEXT NOT NULL REFERENCES hit ON DELETE CASCADE, number INTEGER NOT NULL, class TEXT NOT NULL,
  PRIMARY KEY (hit, number)
) WITHOUT ROWID;
CREATE TABLE slot (
  hit TEXT NOT NULL REFERENCES hit ON DELETE CASCADE, number INTEGER NOT NULL, slot INTEGER NOT NULL,
  image TEXT NOT NULL REFERENCES image, role TEXT NOT NULL, known BOOLEAN,
  PRIMARY KEY (hit, number, slot)
) WITHOUT ROWID;
CREATE INDEX slot_image ON slot (image);

-- Texts that annotators agreed to. A text that changes gets the next version.
CREATE TABLE consent (
  version INTEGER PRIMARY KEY, language TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
  since INTEGER NOT NULL
);

-- Annotators, by pseudonym.
CREATE TABLE worker (
  id TEXT PRIMARY KEY, platform TEXT NOT NULL, created INTEGER NOT NULL,
  state TEXT NOT NULL, -- new, work, refused, withdrawn
  level TEXT NOT NULL DEFAULT '', consent INTEGER REFERENCES consent, consent_at INTEGER,
  arm TEXT NOT NULL DEFAULT '', arm_p REAL -- the probability with which the arm was drawn
) WITHOUT ROWID;
CREATE TABLE visit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, worker TEXT NOT NULL REFERENCES worker ON DELETE CASCADE,
  token BLOB NOT NULL UNIQUE, -- SHA-256 of the token
  ticket TEXT NOT NULL DEFAULT '', -- a keyed hash of what the platform pays for once, if it says so
  own BOOLEAN NOT NULL DEFAULT TRUE, -- whether the visit has the ticket of the worker's first one, or is verified
  started INTEGER NOT NULL, seen INTEGER NOT NULL, ended INTEGER,
  device TEXT NOT NULL, -- JSON, as the page described it
  clock_offset REAL, clock_delay REAL, -- ms: clock of the server minus clock of the browser, and half of the round trip; of the fastest beat
  outcome TEXT NOT NULL DEFAULT '' -- finished, refused, returned, withdrawn
);
CREATE INDEX visit_worker ON visit (worker);
CREATE TABLE invite (
  number INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB NOT NULL UNIQUE, made INTEGER NOT NULL, used INTEGER
);

CREATE TABLE assignment (
  id TEXT PRIMARY KEY, hit TEXT NOT NULL REFERENCES hit, worker TEXT NOT NULL REFERENCES worker ON DELETE CASCADE,
  visit INTEGER REFERENCES visit ON DELETE SET NULL,
  state TEXT NOT NULL, -- offered, working, submitted, returned, abandoned, withdrawn
  offered INTEGER NOT NULL, started INTEGER, submitted INTEGER,
  lease_until INTEGER NOT NULL, lease_end INTEGER NOT NULL, -- signs of life extend the lease, at most to its end
  surplus BOOLEAN NOT NULL DEFAULT FALSE,
  rejected BOOLEAN NOT NULL DEFAULT FALSE, -- by the last review
  UNIQUE (hit, worker)
) WITHOUT ROWID;
CREATE INDEX assignment_worker ON assignment (worker);
CREATE INDEX assignment_live ON assignment (lease_until) WHERE state IN ('offered', 'working');
CREATE TABLE page (
  uuid TEXT PRIMARY KEY, assignment TEXT NOT NULL REFERENCES assignment ON DELETE CASCADE, number INTEGER NOT NULL,
  chunks INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, -- of all attempts
  arm TEXT NOT NULL DEFAULT '', -- if pages have arms, and not workers
  UNIQUE (assignment, number)
) WITHOUT ROWID;
CREATE TABLE attempt (
  page TEXT NOT NULL REFERENCES page ON DELETE CASCADE, attempt INTEGER NOT NULL,
  state TEXT NOT NULL, -- open, submitted, surplus
  first INTEGER NOT NULL, -- when its first chunk was stored
  t0 INTEGER NOT NULL, -- when it began, microseconds since 1970 by the clock of the browser
  chunks INTEGER NOT NULL DEFAULT 0, events INTEGER NOT NULL DEFAULT 0, -- stored
  last INTEGER NOT NULL, -- largest number of a chunk
  announced_chunks INTEGER, announced_events INTEGER, -- by the submit
  lost TEXT NOT NULL DEFAULT '[]', -- chunks that the browser lost, by the submit
  chain TEXT NOT NULL DEFAULT '', ended INTEGER, submitted INTEGER, -- ended: by the clock of the browser
  answer TEXT NOT NULL DEFAULT '', flags TEXT NOT NULL DEFAULT '', -- chain_differs, events_differ
  blank BOOLEAN NOT NULL DEFAULT FALSE, -- whether it was submitted without an image that had loaded
  PRIMARY KEY (page, attempt)
) WITHOUT ROWID;
CREATE UNIQUE INDEX attempt_submitted ON attempt (page) WHERE state = 'submitted';
CREATE TABLE chunk (
  page TEXT NOT NULL, attempt INTEGER NOT NULL, seq INTEGER NOT NULL, received INTEGER NOT NULL,
  sha256 TEXT NOT NULL, -- of the body as it was sent
  encoding TEXT NOT NULL, -- gzip or ''
  events INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (page, attempt, seq), FOREIGN KEY (page, attempt) REFERENCES attempt ON DELETE CASCADE
);
-- Other bytes that came under the number of a chunk.
CREATE TABLE conflict (
  page TEXT NOT NULL, attempt INTEGER NOT NULL, seq INTEGER NOT NULL, received INTEGER NOT NULL,
  sha256 TEXT NOT NULL, encoding TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (page, attempt, seq, sha256), FOREIGN KEY (page, attempt) REFERENCES attempt ON DELETE CASCADE
);

-- Decisions of people about assignments. The last one of an assignment counts.
CREATE TABLE review (
  assignment TEXT NOT NULL REFERENCES assignment ON DELETE CASCADE, number INTEGER NOT NULL, at INTEGER NOT NULL,
  via TEXT NOT NULL, -- page, command
  decision TEXT NOT NULL, -- accept, reject
  reason TEXT NOT NULL, grounds TEXT NOT NULL, -- names of rules and signals, separated by spaces
  proposal TEXT NOT NULL, rules TEXT NOT NULL, -- JSON: what rules and signals said then
  PRIMARY KEY (assignment, number)
) WITHOUT ROWID;

CREATE TABLE event (at INTEGER NOT NULL, worker TEXT, kind TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE erasure (
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, why TEXT NOT NULL,
  assignments INTEGER NOT NULL, pages INTEGER NOT NULL, chunks INTEGER NOT NULL, events INTEGER NOT NULL
);

-- Of the original front ends. An annotation is what they call an assignment: they choose its id. A loose page is of an
-- annotation whose header has not come.
CREATE TABLE compat_annotation (
  id TEXT PRIMARY KEY, assignment TEXT NOT NULL REFERENCES assignment ON DELETE CASCADE,
  dataset TEXT NOT NULL, arm TEXT NOT NULL, received INTEGER NOT NULL,
  header TEXT NOT NULL -- JSON as it came, with the pseudonym for the platform's id
) WITHOUT ROWID;
CREATE INDEX compat_annotation_assignment ON compat_annotation (assignment);
CREATE TABLE compat_loose (
  annotation TEXT NOT NULL, number INTEGER NOT NULL, pageno INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,
  received INTEGER NOT NULL, sha256 TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (annotation, number)
);
CREATE TABLE compat_free ( -- annotations without a HIT
  worker TEXT NOT NULL REFERENCES worker ON DELETE CASCADE, sha256 TEXT NOT NULL, received INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (worker, sha256)
);
