-- The ledger, version 1. Never changed once released: a change is a new file.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers that are given once.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES ('number', 0);

CREATE TABLE pipeline (
    name  TEXT PRIMARY KEY,
    state TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE deployment (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline TEXT NOT NULL,
    id       TEXT NOT NULL,
    record   TEXT NOT NULL, -- JSON
    UNIQUE (pipeline, id)
) STRICT;

CREATE INDEX deployment_by_pipeline ON deployment (pipeline, seq);

CREATE TABLE event (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         TEXT NOT NULL, -- ISO 8601, for display only
    pipeline   TEXT NOT NULL,
    deployment TEXT NOT NULL,
    engine     TEXT NOT NULL,
    service    TEXT NOT NULL,
    type       TEXT NOT NULL,
    field      TEXT NOT NULL,
    from_value TEXT NOT NULL,
    to_value   TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;

CREATE INDEX event_by_pipeline ON event (pipeline, seq);

CREATE TABLE release (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline TEXT NOT NULL,
    id       TEXT NOT NULL,
    body     TEXT NOT NULL, -- the canonical JSON
    services TEXT NOT NULL, -- JSON: [name, specHash] of each in the manifest's order
    UNIQUE (pipeline, id)
) STRICT;

CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE rendered (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline  TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    release   TEXT NOT NULL,
    UNIQUE (pipeline, commit_id, release)
) STRICT;

CREATE INDEX rendered_by_release ON rendered (pipeline, release, seq);

CREATE INDEX rendered_by_pipeline ON rendered (pipeline, seq);

CREATE TABLE resolution (
    pipeline  TEXT NOT NULL,
    reference TEXT NOT NULL,
    image     TEXT NOT NULL,
    PRIMARY KEY (pipeline, reference)
) STRICT, WITHOUT ROWID;
